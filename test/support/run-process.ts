import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { UpdateReply, UpdateRequest } from './update-config.ts';

export interface ProcessResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const updateConfigScript = fileURLToPath(new URL('update-config.ts', import.meta.url));
const standInScript = fileURLToPath(new URL('docker-login-stand-in.cjs', import.meta.url));

export async function runProcess(
  command: string,
  args: readonly string[],
  env = process.env,
): Promise<ProcessResult> {
  return ended(spawn(command, args, { env, stdio: 'pipe' }));
}

/** Adds entries to a config in a process of its own; `prefix` is a command that runs it, such as `['unshare', '-m']`. */
export async function updateInProcess(
  request: UpdateRequest,
  prefix: readonly string[] = [],
): Promise<UpdateReply> {
  const [command = '', ...args]: string[] = [...prefix, ...updateCommand(request)];
  const { exitCode, stdout, stderr } = await runProcess(command, args);
  if (exitCode !== 0) throw new Error(`exit ${exitCode}: ${stderr}`);
  return JSON.parse(stdout) as UpdateReply;
}

/** The words that run `updateInProcess`'s script from a shell. */
export function updateCommand(request: UpdateRequest): string[] {
  return [process.execPath, updateConfigScript, JSON.stringify(request)];
}

/** Installs the stand-in for docker in a directory; returns its path, which ends in `/docker`, so that /proc shows `docker login`. */
export function installDocker(directory: string): string {
  const docker = join(directory, 'docker');
  symlinkSync(standInScript, docker);
  return docker;
}

export interface RunningLogin {
  readonly pid: number;
  /** Lets a login that waits for stdin write its config and end. */
  finish(): Promise<ProcessResult>;
  readonly result: Promise<ProcessResult>;
}

/** Starts a stand-in for `docker login KEY` and waits until it has read the config. */
export async function startDockerLogin(
  docker: string,
  configDirectory: string,
  key: string,
  { wait = 'stdin', subcommand = 'login' }: { wait?: number | 'stdin'; subcommand?: 'login' | 'logout' } = {},
): Promise<RunningLogin> {
  const child = spawn(process.execPath, [docker, subcommand, key, String(wait)], {
    env: { ...process.env, DOCKER_CONFIG: configDirectory },
    stdio: 'pipe',
  });
  const result = ended(child);
  await once(child.stdout, 'data');
  return {
    pid: child.pid ?? 0,
    finish() {
      child.stdin.end('go\n');
      return result;
    },
    result,
  };
}

/** Waits for its end, and gathers what it prints until then. */
export async function ended(child: ChildProcessWithoutNullStreams): Promise<ProcessResult> {
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, stdout, stderr };
}
