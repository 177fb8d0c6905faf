import { closeSync, openSync, read } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A `docker login` or `docker logout` (or podman's, nerdctl's) that runs now. Its arguments may hold a password: they are not kept. */
export interface LoginProcess {
  readonly pid: number;
  /** Such as `docker login`. */
  readonly command: string;
}

const clients = new Set(['docker', 'podman', 'nerdctl']);
const subcommands = new Set(['login', 'logout']);
const pollMs = 50;
/** The subcommand stands near the start. */
const maxCommandBytes = 4096;

/** Those of this user; none where there is no procfs. `procRoot` is `/proc`. */
export async function findLoginProcesses(procRoot: string): Promise<LoginProcess[]> {
  const [names, self] = await Promise.all([
    readdir(procRoot).catch(() => []),
    stat(join(procRoot, 'self')).catch(() => null),
  ]);
  if (self === null) return [];
  const pids = names.filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid): Promise<LoginProcess | null> => {
      const command = await readLoginCommand(procRoot, pid);
      if (command === null) return null;
      const owner = await stat(join(procRoot, pid)).catch(() => null);
      return owner?.uid === self.uid ? { pid: Number(pid), command } : null;
    }),
  );
  return found.filter((process) => process !== null);
}

/** Waits until none of `processes` runs any more or `signal` ends the wait; returns those that still run. */
export async function waitForEnd(
  processes: readonly LoginProcess[],
  procRoot: string,
  signal: AbortSignal,
): Promise<readonly LoginProcess[]> {
  let running = processes;
  while (running.length > 0 && !signal.aborted) {
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    const commands = await Promise.all(running.map(({ pid }) => readLoginCommand(procRoot, String(pid))));
    running = running.filter(({ command }, index) => commands[index] === command);
  }
  return running;
}

/**
 * One asynchronous call a process: there may be hundreds, and `readFile` makes four. Reading is the one that may wait, for the memory of a
 * process that is stuck.
 */
async function readLoginCommand(procRoot: string, pid: string): Promise<string | null> {
  let file: number;
  try {
    file = openSync(join(procRoot, pid, 'cmdline'), 'r');
  } catch {
    return null;
  }
  try {
    const buffer = Buffer.allocUnsafe(maxCommandBytes);
    const bytesRead = await new Promise<number>((resolve, reject) => {
      read(file, buffer, 0, buffer.length, 0, (error, length) =>
        error === null ? resolve(length) : reject(error),
      );
    });
    const commandLine = buffer.toString('utf8', 0, bytesRead);
    return loginCommand(commandLine.split(/[\0\s]+/).filter((word) => word !== ''));
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}

/**
 * The client may be a script, and then follows its interpreter and the interpreter's options. `login` is its subcommand only where each word between them is an option
 * or may be one's value: `docker run image login` is not.
 */
export function loginCommand(words: readonly string[]): string | null {
  const start = words.slice(0, 4).findIndex((word) => clients.has(basename(word)));
  if (start < 0) return null;
  for (let index = start + 1; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (subcommands.has(word)) return `${basename(words[start] ?? '')} ${word}`;
    const mayBeValue = index > start + 1 && (words[index - 1] ?? '').startsWith('-');
    if (!word.startsWith('-') && !mayBeValue) return null;
  }
  return null;
}
