import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HttpClient } from '../../src/io/http.ts';
import type { ContainerStart } from '../../src/core/login-state.ts';
import type { Environment, Output, System } from '../../src/io/system.ts';

export interface TestSystemOptions {
  readonly args?: readonly string[];
  /** The whole environment; `HOME` is added unless it is named here, be it as undefined. */
  readonly env?: Environment;
  /** A home to share with another system, which the caller removes; null where nobody knows one. Else a new, empty one. */
  readonly home?: string | null;
  /** Milliseconds since the epoch, fixed or by a clock of the test's own; else the real time. */
  readonly now?: number | (() => number);
  /** Where the installer's `options` file is looked for; else a directory that is not there. */
  readonly installDirectory?: string;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly stdin?: string;
  readonly uid?: number | null;
  readonly containerStart?: ContainerStart;
  /** Host name → addresses. No other name but `localhost` is found, and none is asked for outside this process. */
  readonly names?: Readonly<Record<string, readonly string[]>>;
  /** Stands between the program and the real HTTP client. */
  readonly wrapHttp?: (http: HttpClient) => HttpClient;
}

export interface TestSystem {
  readonly system: System;
  /** A directory of the test's own, also where the system knows of no home. */
  readonly home: string;
  /** Everything that was written so far. */
  stdout(): string;
  stderr(): string;
  /** Whether anything asked for the HTTP client. */
  usedHttp(): boolean;
  /** Closes the HTTP client and removes the home, unless it was given. */
  cleanup(): Promise<void>;
}

/** A System with a real home in a temporary directory and the real HTTP client, but without a process. */
export function createTestSystem(options: TestSystemOptions = {}): TestSystem {
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'registry-login-home-'));
  const homeDirectory = options.home === null ? null : home;
  const homeVariable = homeDirectory === null ? {} : { HOME: homeDirectory };
  const env: Environment = { ...homeVariable, ...options.env };
  const stdout = captureOutput(options);
  const stderr = captureOutput(options);
  let httpClient: Promise<HttpClient> | null = null;

  const system: System = {
    args: options.args ?? [],
    env,
    stdin: chunksOf(options.stdin ?? ''),
    stdout: stdout.output,
    stderr: stderr.output,
    homeDirectory,
    installDirectory: options.installDirectory ?? join(home, 'not-installed'),
    uid: options.uid === undefined ? (process.getuid?.() ?? null) : options.uid,
    now: () => (typeof options.now === 'function' ? options.now() : (options.now ?? Date.now())),
    containerStart: () => options.containerStart ?? { startedAt: null, id: null },
    lookup: async (hostname) => lookUp(hostname, options.names ?? {}),
    http() {
      httpClient ??= import('../../src/io/node-client.ts').then(
        ({ NodeClient }) => options.wrapHttp?.(new NodeClient(env)) ?? new NodeClient(env),
      );
      return httpClient;
    },
  };

  return {
    system,
    home,
    stdout: stdout.text,
    stderr: stderr.text,
    usedHttp: () => httpClient !== null,
    async cleanup() {
      await httpClient?.then((client) => client.close());
      if (typeof options.home !== 'string') await rm(home, { recursive: true, force: true });
    },
  };
}

function lookUp(hostname: string, names: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const found = isIP(hostname) === 0 ? { localhost: ['127.0.0.1'], ...names }[hostname] : [hostname];
  if (found === undefined)
    throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' });
  return found;
}

function captureOutput({ isTTY = false, columns = 80 }: TestSystemOptions): {
  output: Output;
  text: () => string;
} {
  let written = '';
  return { output: { isTTY, columns, write: (text) => void (written += text) }, text: () => written };
}

async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  if (text !== '') yield new TextEncoder().encode(text);
}
