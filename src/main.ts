#!/usr/bin/env node
/** The entry of both programs: builds the System from this process, runs the one that was called, sets the exit code. */
import { homedir } from 'node:os';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readContainerStart } from './io/container-start.ts';
import type { HttpClient } from './io/http.ts';
import { drainOutputs, outputOf, readInput } from './io/standard-streams.ts';
import type { System } from './io/system.ts';

// A name that does not resolve keeps a thread for seconds, and names get half of the threads at most: with libuv's four, a few dead
// registries would hold up all others. All are started with the first, so there are no more than the sets may need.
process.env.UV_THREADPOOL_SIZE ??= String(threadsFor(process.env));

const isCredentialHelper = basename(process.argv[1] ?? '').startsWith('docker-credential-');

/** Filled on first use. */
const opened: { http: Promise<HttpClient> | null } = { http: null };

const system: System = {
  args: process.argv.slice(2),
  env: process.env,
  stdin: { [Symbol.asyncIterator]: () => readInput(() => process.stdin) },
  stdout: outputOf(1, () => process.stdout),
  stderr: outputOf(2, () => process.stderr),
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
    opened.http ??= import('./io/node-client.ts').then(({ NodeClient }) => new NodeClient(process.env));
    return opened.http;
  },
};

// What no await saw, such as an error in a callback of a library: its message may quote a secret, so Node must not print it.
process.on('uncaughtException', (error) => {
  reportBug(error);
  process.exit(1);
});

// Warnings that libraries have for developers (the AWS SDK's about Node) do not belong into the output of a pull.
process.removeAllListeners('warning');

// With a limit on file sizes, a write that is too long shall fail with EFBIG and be reported; the signal would end us first.
process.on('SIGXFSZ', () => {});

try {
  process.exitCode = isCredentialHelper
    ? await import('./commands/credential-helper.ts').then(({ runCredentialHelper }) =>
        runCredentialHelper(system),
      )
    : await import('./cli.ts').then(({ runCli }) => runCli(system));
} catch (error) {
  reportBug(error);
} finally {
  await opened.http?.then((client) => client.close()).catch(() => {});
}
// A name that still does not resolve would hold the process for as long as the resolver tries.
await drainOutputs();
process.exit();

function threadsFor(env: NodeJS.ProcessEnv): number {
  const mostSets = 33;
  const mayHaveFiles = env['CODESPACES'] !== undefined || env['REGISTRY_LOGIN_SECRETS_DIR'] !== undefined;
  const isAddress = /^[\d.:[\]]+$/;
  const named = Object.entries(env).filter(
    ([name, server = '']) => name.endsWith('_CONTAINER_REGISTRY_SERVER') && !isAddress.test(server),
  ).length;
  return 4 + 2 * (mayHaveFiles ? mostSets : Math.min(named, mostSets));
}

function findHomeDirectory(): string | null {
  try {
    return homedir() || null;
  } catch {
    return null;
  }
}

/** An older Node.js may do for most of what there is to do: only where something fails it is the likely reason. */
function reportBug(error: unknown): void {
  const what =
    Number.parseInt(process.versions.node, 10) < 22
      ? `Node.js 22 or later is needed, and this is ${process.versions.node}.`
      : `this is a bug. ${describeBug(error)}`;
  system.stderr.write(`registry-login: ${what}\n`);
  process.exitCode = 1;
}

/** The place without the message: a message may quote what was being read, and that may be a secret. */
function describeBug(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return [error.name, ...frames].join('\n');
}
