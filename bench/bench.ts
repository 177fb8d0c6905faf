/** Our programs beside their peers, in one run, interleaved. Prints a table, or JSON with `--json`. Judges nothing: see docs/performance.md. */
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { run } from '../scripts/run-part.ts';
import { dockerProgram } from '../test/engine/support/host.ts';
import { createAuthority } from '../test/support/certificates.ts';
import type { HelperResults } from './helper.ts';
import { compareLogins, findDocker } from './logins.ts';
import { helperProgram } from './sets.ts';
import { compareStarts } from './startup.ts';
import { formatCounts, formatSection } from './table.ts';

const minute = 60_000;
const root = join(import.meta.dirname, '..');

/** Null where it needs what this machine or user has not: the peer, or namespaces. */
async function compareHelpers(directory: string, mode: 'peer' | 'alone'): Promise<HelperResults | null> {
  const api = 'api.ecr.eu-west-1.amazonaws.com';
  await rm(directory, { recursive: true, force: true });
  await mkdir(join(directory, 'bin'), { recursive: true });
  await symlink(helperProgram, join(directory, 'bin/docker-credential-registry-login'));
  await writeFile(join(directory, 'hosts'), `127.0.0.1 localhost ${api}\n`);
  const authority = await createAuthority();
  const issued = await authority.issue([`DNS:${api}`]);
  await authority.remove();
  await Promise.all(
    [
      ['ca.pem', authority.cert],
      ['cert.pem', issued.cert],
      ['key.pem', issued.key],
    ].map(([name = '', text = '']) => writeFile(join(directory, name), text, { mode: 0o600 })),
  );
  const inside = [process.execPath, join(root, 'bench/helper.ts'), directory, mode];
  const enter = 'ip link set lo up && mount --bind "$1/hosts" /etc/hosts && shift && exec "$@"';
  const [file = '', ...args] =
    mode === 'alone'
      ? inside
      : [
          'unshare',
          '--mount',
          '--net',
          '--propagation',
          'private',
          'sh',
          '-c',
          enter,
          'sh',
          directory,
          ...inside,
        ];
  try {
    if (mode === 'peer') await access('/usr/bin/docker-credential-ecr-login');
    const { stdout } = await promisify(execFile)(file, args, { timeout: minute });
    return JSON.parse(stdout) as HelperResults;
  } catch (error) {
    if (mode === 'alone') throw error;
    return null;
  }
}

async function main(asJson: boolean): Promise<void> {
  const say = (text: string): void => void (asJson || process.stdout.write(`${text}\n`));
  const built = await run(['node', 'scripts/build.ts'], { timeoutMs: 5 * minute });
  if (built.exitCode !== 0) throw new Error(`The build failed:\n${built.output}`);
  let docker = await findDocker([dockerProgram, 'docker']);
  let hasStartedEngine = false;
  if (docker === null) {
    const host = await run(['sh', 'scripts/host/setup.sh'], { timeoutMs: 10 * minute });
    hasStartedEngine = host.output.includes('started dockerd');
    docker = await findDocker([dockerProgram]);
  }
  const directory = await mkdtemp(join(tmpdir(), 'registry-login-bench-'));
  try {
    const machine = {
      cpus: cpus().length,
      model: cpus()[0]?.model ?? '',
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.version,
    };
    say(`${machine.cpus} x ${machine.model}, ${machine.memoryGiB} GiB, Node ${machine.node}; times in ms`);
    if (docker === null) say('No container engine could be had: docker login is left out.');
    const startup = await compareStarts(directory);
    say(`\n${formatSection(startup)}`);
    const peer = await compareHelpers(join(directory, 'helper'), 'peer');
    if (peer === null)
      say(
        '\ndocker-credential-ecr-login is left out: it is not installed, or this user may not make namespaces.',
      );
    const helper = peer ?? (await compareHelpers(join(directory, 'helper'), 'alone'));
    if (helper !== null) say(`\n${formatSection(helper.section)}\n\n${formatCounts(helper.counts)}`);
    const logins = await compareLogins(docker, directory);
    for (const section of logins) say(`\n${formatSection(section)}`);
    if (asJson) process.stdout.write(`${JSON.stringify({ machine, startup, helper, logins }, null, 2)}\n`);
  } finally {
    await rm(directory, { recursive: true, force: true });
    if (hasStartedEngine) await run(['sh', 'scripts/host/stop.sh'], { timeoutMs: minute });
  }
}

await main(process.argv.includes('--json'));
