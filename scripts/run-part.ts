import { spawn, type ChildProcess } from 'node:child_process';

export interface Ended {
  /** Null where a signal or the time limit ended it. */
  readonly exitCode: number | null;
  /** Standard output and error as they came. */
  readonly output: string;
  readonly durationMs: number;
}

const running = new Set<ChildProcess>();

function stop(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    // The whole group: npm, vitest and the devcontainer CLI have children of their own.
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Ends every command that still runs. */
export function stopAll(): void {
  for (const child of running) stop(child);
}

/**
 * Runs a command from the top of the project, in a process group of its own and with no input.
 * A command that is not there ends with 127, one that takes longer than `timeoutMs` (milliseconds) is killed.
 */
export function run(
  command: readonly [string, ...string[]],
  { timeoutMs, show = false }: { timeoutMs: number; show?: boolean },
): Promise<Ended> {
  const started = performance.now();
  const [file, ...args] = command;
  return new Promise((resolve) => {
    const env = process.stdout.isTTY
      ? { ...process.env, FORCE_COLOR: '1' }
      : { ...process.env, NO_COLOR: '1' };
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env });
    running.add(child);
    let output = '';
    const take = (chunk: string): void => {
      output += chunk;
      if (show) process.stdout.write(chunk);
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    const timer = setTimeout(() => {
      take(`\n${command.join(' ')} took longer than ${timeoutMs / 1000} s\n`);
      stop(child);
    }, timeoutMs);
    const end = (exitCode: number | null): void => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ exitCode, output, durationMs: performance.now() - started });
    };
    child.once('error', (error) => {
      take(`${file}: ${error.message}\n`);
      end(127);
    });
    child.once('close', end);
  });
}
