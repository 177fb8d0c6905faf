import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { type Contestant, interleave, type Timed } from './measure.ts';
import { loginProgram, password, setsFor, username } from './sets.ts';
import type { Section } from './table.ts';

/** Registries on loopback in a process of their own, so that they take no time from whoever logs in. */
async function withRegistries<T>(
  count: number,
  latencyMs: number,
  use: (hosts: readonly string[]) => Promise<T>,
): Promise<T> {
  const script = join(import.meta.dirname, 'registries.ts');
  const child = spawn(process.execPath, [script, String(count), String(latencyMs)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    return await use(JSON.parse(line) as string[]);
  } finally {
    child.stdin.end();
    await once(child, 'close');
  }
}

/** A fresh home each time. The entry in its config keeps docker from a credential store of its own choice (`secretservice`). */
async function freshHome(home: string): Promise<void> {
  await rm(home, { recursive: true, force: true });
  await mkdir(join(home, '.docker'), { recursive: true });
  const config = { auths: { 'unused.invalid': { auth: Buffer.from('a:b').toString('base64') } } };
  await writeFile(join(home, '.docker/config.json'), `${JSON.stringify(config, null, '\t')}\n`, {
    mode: 0o600,
  });
}

function ourLogin(label: string, home: string, hosts: readonly string[]): Timed {
  const env = { HOME: home, PATH: '/usr/bin:/bin', ...setsFor(hosts) };
  return { label, command: [process.execPath, loginProgram, 'login'], env, prepare: () => freshHome(home) };
}

function dockerLogins(docker: string, home: string, hosts: readonly string[]): Timed[] {
  const env = { HOME: home, PATH: '/usr/bin:/bin', DOCKER_CONFIG: join(home, '.docker') };
  return hosts.map((host, index) => ({
    label: `docker login ${host}`,
    command: [docker, 'login', '--username', username, '--password-stdin', host],
    env,
    input: password,
    ...(index === 0 ? { prepare: () => freshHome(home) } : {}),
  }));
}

/** The docker client with an engine behind it, which is what makes the request of a `docker login`; null where there is none. */
export async function findDocker(candidates: readonly string[]): Promise<string | null> {
  for (const docker of candidates) {
    const found = await promisify(execFile)(docker, ['version', '--format', '{{.Server.Version}}']).catch(
      () => null,
    );
    if (found !== null) return docker;
  }
  return null;
}

/** N logins of docker's, one after the other, beside one run of ours; and, at 100 ms, ours beside a single one of docker's. */
export async function compareLogins(docker: string | null, home: string): Promise<Section[]> {
  const sections: Section[] = [];
  for (const latencyMs of [0, 100]) {
    for (const count of [1, 10, 33]) {
      const title = `${count} ${count === 1 ? 'registry' : 'registries'}, ${latencyMs} ms latency`;
      sections.push(
        await withRegistries(count, latencyMs, async (hosts) => {
          const ours: Contestant = {
            label: 'registry-login login, one run',
            runs: [ourLogin('registry-login login', join(home, 'ours'), hosts)],
          };
          if (docker === null) return { title, timings: await interleave([ours], ...roundsFor(count)) };
          const logins = dockerLogins(docker, join(home, 'docker'), hosts);
          const all: Contestant = { label: `docker login, ${count} in turn`, runs: logins };
          const one: Contestant = { label: 'docker login, once', runs: logins.slice(0, 1) };
          return {
            title,
            timings: await interleave(count === 1 ? [one, ours] : [one, all, ours], ...roundsFor(count)),
          };
        }),
      );
    }
  }
  sections.push(await compareCounts(home));
  return sections;
}

/** Rounds that count, and rounds before them: what takes long needs none, since all the files were just used. */
function roundsFor(count: number): [rounds: number, warmUp: number] {
  return count === 1 ? [11, 1] : [5, 0];
}

/** Slow registries are awaited at once: 33 should take about as long as one. */
async function compareCounts(home: string): Promise<Section> {
  return withRegistries(33, 200, async (hosts) => {
    const contestants = [1, 33].map((count) => {
      const label = `registry-login login, ${count} ${count === 1 ? 'set' : 'sets'}`;
      return { label, runs: [ourLogin(label, join(home, `ours-${count}`), hosts.slice(0, count))] };
    });
    return { title: 'Ours alone, 200 ms latency', timings: await interleave(contestants, 5) };
  });
}
