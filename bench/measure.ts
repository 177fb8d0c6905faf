import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** One program with all that it needs; `prepare` is not timed. */
export interface Timed {
  readonly label: string;
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly input?: string;
  prepare?(): Promise<void>;
}

/** What is timed as one: a program, or several one after the other. */
export interface Contestant {
  readonly label: string;
  readonly runs: readonly Timed[];
}

export interface Timing {
  readonly label: string;
  /** Milliseconds, from the start of the first process to the end of the last. */
  readonly medianMs: number;
  readonly fastestMs: number;
  /** Mean processor time of the processes, which a busy machine moves less than the clock; null where there is no procfs. */
  readonly cpuMs: number | null;
  readonly rounds: number;
}

/** Runs all contestants in turn, so that whatever else the machine does meets them alike; a first round, which fills the file cache, does not count. */
export async function interleave(
  contestants: readonly Contestant[],
  rounds: number,
  warmUp = 1,
): Promise<Timing[]> {
  const times = contestants.map((): number[] => []);
  const cpu = contestants.map(() => 0);
  for (let round = 1 - warmUp; round <= rounds; round += 1) {
    for (const [index, { runs }] of contestants.entries()) {
      for (const run of runs) await run.prepare?.();
      const cpuBefore = childrenCpuMs() ?? 0;
      const started = performance.now();
      for (const run of runs) await runTimed(run);
      if (round <= 0) continue;
      times[index]?.push(performance.now() - started);
      cpu[index] = (cpu[index] ?? 0) + (childrenCpuMs() ?? 0) - cpuBefore;
    }
  }
  return contestants.map(({ label }, index) => {
    const all = times[index] ?? [];
    return {
      label,
      medianMs: median(all),
      fastestMs: Math.min(...all),
      cpuMs: childrenCpuMs() === null ? null : (cpu[index] ?? 0) / rounds,
      rounds,
    };
  });
}

/** Processor time of all children that have ended: `cutime` and `cstime` of proc_pid_stat(5), in ticks of 10 ms, hence a mean over rounds. */
function childrenCpuMs(): number | null {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[16 - 3]) + Number(fields[17 - 3])) * 10;
  } catch {
    return null;
  }
}

/** Runs the program to its end and returns what it printed. Throws where it fails: a time of a failure means nothing. */
export async function runTimed({ label, command, env, input = '' }: Timed): Promise<string> {
  const [file, ...args] = command;
  const child = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A program that reads nothing has closed its end.
  child.stdin.on('error', () => undefined).end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${label} ended with ${code}: ${stderr || stdout}`);
  return stdout;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = 0, high = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}
