#!/usr/bin/env node
/** The entry of both programs: builds the System from this process, runs the one that was called, sets the exit code. */
import { homedir } from 'node:os';
import { basename, dirname } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { readContainerStart } from './io/container-start.ts';
import type { HttpClient } from './io/http.ts';
import type { Output, System } from './io/system.ts';

// Names that do not resolve keep a thread each for seconds; with libuv's four, a few dead registries would hold up all others.
process.env.UV_THREADPOOL_SIZE ??= '48';

const isCredentialHelper = basename(process.argv[1] ?? '').startsWith('docker-credential-');

/** Filled on first use. */
const opened: { http: Promise<HttpClient> | null } = { http: null };

const system: System = {
  args: process.argv.slice(2),
  env: process.env,
  stdin: process.stdin,
  stdout: outputOf(process.stdout),
  stderr: outputOf(process.stderr),
  homeDirectory: findHomeDirectory(),
  installDirectory: dirname(fileURLToPath(import.meta.url)),
  uid: process.getuid?.() ?? null,
  now: () => Date.now(),
  containerStart: () => readContainerStart(),
  async lookup(hostname) {
    const { lookup } = await import('node:dns/promises');
    return (await lookup(hostname, { all: true })).map(({ address }) => address);
  },
  http() {
    opened.http ??= import('./io/undici-client.ts').then(({ UndiciClient }) => new UndiciClient(process.env));
    return opened.http;
  },
};

// What no await saw, such as an error in a callback of a library: its message may quote a secret, so Node must not print it.
process.on('uncaughtException', (error) => {
  reportBug(error);
  process.exit(1);
});

// A reader that went away (| head) is no error of ours.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
// With a limit on file sizes, a write that is too long shall fail with EFBIG and be reported; the signal would end us first.
process.on('SIGXFSZ', () => {});

try {
  process.exitCode = isCredentialHelper
    ? await import('./commands/credential-helper.ts').then(({ runCredentialHelper }) => runCredentialHelper(system))
    : await import('./cli.ts').then(({ runCli }) => runCli(system));
} catch (error) {
  reportBug(error);
} finally {
  await opened.http?.then((client) => client.close()).catch(() => {});
}
// A name that still does not resolve would hold the process for as long as the resolver tries.
await Promise.all([drained(process.stdout), drained(process.stderr)]);
process.exit();

function outputOf(stream: NodeJS.WriteStream): Output {
  return { isTTY: stream.isTTY, columns: stream.columns ?? 80, write: (text) => void stream.write(text) };
}

async function drained(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0) return;
  await new Promise<void>((resolve) => stream.write('', () => resolve()));
}

function findHomeDirectory(): string | null {
  try {
    return homedir() || null;
  } catch {
    return null;
  }
}

function reportBug(error: unknown): void {
  process.stderr.write(`registry-login: this is a bug. ${describeBug(error)}\n`);
  process.exitCode = 1;
}

/** The place without the message: a message may quote what was being read, and that may be a secret. */
function describeBug(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return [error.name, ...frames].join('\n');
}
