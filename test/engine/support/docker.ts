import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { dockerProgram } from './host.ts';
import { temporaryDirectory } from './temporary.ts';

export interface Ran {
  /** Standard output and error as they came. */
  readonly output: string;
  readonly exitCode: number | undefined;
}

interface Login {
  readonly server: string;
  readonly username: string;
  readonly password: string;
}

/**
 * Runs the docker client with a Docker config of its own, which holds `logins` and nothing else.
 * With an entry in it the client looks for no credential store by itself.
 */
export async function docker(args: readonly string[], logins: readonly Login[] = []): Promise<Ran> {
  await using folder = await temporaryDirectory();
  const auths = Object.fromEntries(
    logins.map(({ server, username, password }) => [
      server,
      { auth: Buffer.from(`${username}:${password}`).toString('base64') },
    ]),
  );
  await writeFile(
    path.join(folder.path, 'config.json'),
    JSON.stringify({ auths: logins.length > 0 ? auths : { 'nobody.invalid': {} } }),
  );
  const { all, exitCode } = await execa(dockerProgram, args, {
    all: true,
    reject: false,
    stdin: 'ignore',
    env: { DOCKER_CONFIG: folder.path },
    timeout: 120_000,
  });
  return { output: all, exitCode };
}

/** As `docker`, but an exit code other than 0 is an error. */
export async function dockerOk(args: readonly string[], logins: readonly Login[] = []): Promise<string> {
  const { output, exitCode } = await docker(args, logins);
  if (exitCode !== 0) throw new Error(`docker ${args.join(' ')} ended with ${exitCode}:\n${output}`);
  return output;
}
