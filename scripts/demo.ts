/**
 * The main job, told step by step: with a container engine a dev container logs in to a private registry on loopback and pulls from it;
 * without one, the bundle logs in to a registry that lives in this process.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { styleText } from 'node:util';
import { execa } from 'execa';
import { up } from '../test/engine/support/devcontainer.ts';
import { docker } from '../test/engine/support/docker.ts';
import { dockerSocket, dockerSocketGroup, images } from '../test/engine/support/host.ts';
import { startPrivateRegistry } from '../test/engine/support/private-registry.ts';
import { buildImage } from '../test/support/image.ts';
import { startRegistry } from '../test/support/registry.ts';
import { run, stopAll } from './run-part.ts';

const minute = 60_000;
const repository = 'private/hello';
const login = { username: 'demo-user', password: 'demo-password' };

let steps = 0;

function step(title: string): void {
  steps += 1;
  console.log(`\n${styleText('bold', `${steps}. ${title}`)}`);
}

function show(text: string): void {
  for (const line of text.trim().split('\n')) console.log(`   ${line}`.trimEnd());
}

function secretSet(server: string): Record<string, string> {
  return {
    DEMO_CONTAINER_REGISTRY_SERVER: server,
    DEMO_CONTAINER_REGISTRY_USER: login.username,
    DEMO_CONTAINER_REGISTRY_PASSWORD: login.password,
  };
}

/** The secrets as a person may see them. */
function redacted(secrets: Readonly<Record<string, string>>): string {
  return Object.entries(secrets)
    .map(([name, value]) => `${name}=${name.endsWith('_PASSWORD') ? '********' : value}`)
    .join('\n');
}

/** What the Feature's first hook has printed, without the time before each line. */
function reportIn(log: string): string {
  const lines = log.replaceAll('\r', '').replaceAll(/^\[\d{4}-[^\]]+Z\] ?/gm, '');
  return (
    /Running the postCreateCommand from Feature[^\n]*\n([^]*?)Running the /.exec(lines)?.[1]?.trim() ?? lines
  );
}

function must(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}

async function withEngine(): Promise<void> {
  step('A private registry on loopback');
  await using registry = await startPrivateRegistry(login);
  const image = await registry.pushHello();
  show(`It holds the image ${image}, and answers to nobody without a password.`);

  step('A dev container with one line for the Feature, and secrets that only its start sees');
  const secrets = secretSet(registry.server);
  show(`"image": "${images.node}", "features": { "./registry-login": {} }\n\n${redacted(secrets)}`);

  step('devcontainer up --secrets-file secrets.json');
  await using container = await up(
    {
      image: images.node,
      remoteUser: 'vscode',
      runArgs: ['--network=host', `--group-add=${await dockerSocketGroup()}`],
      mounts: [`type=bind,source=${dockerSocket},target=${dockerSocket}`],
    },
    { secrets },
  );
  show(`The Feature says (the devcontainer CLI masks the values of secrets):\n\n${reportIn(container.log)}`);

  step('Inside the container, as if there had been no login');
  const refused = await container.exec('env', 'DOCKER_CONFIG=/nowhere', 'docker', 'pull', image);
  show(`$ DOCKER_CONFIG=/nowhere docker pull ${image}\n${refused.output}`);
  must(refused.exitCode !== 0, 'The pull should have failed without the login.');

  step('Inside the container, with the login');
  const pulled = await container.exec('docker', 'pull', image);
  await docker(['image', 'rm', image]);
  show(`$ docker pull ${image}\n${pulled.output}`);
  must(pulled.exitCode === 0, 'The pull should have worked with the login.');

  console.log('\nThe private image has been pulled inside the dev container. Cleaning up.');
}

async function withoutEngine(): Promise<void> {
  step('A private registry in this process, on loopback');
  const registry = await startRegistry({
    auth: 'bearer',
    users: { [login.username]: login.password },
    repositories: { [repository]: { tags: { latest: buildImage() } } },
  });
  const home = await mkdtemp(path.join(tmpdir(), 'registry-login-demo-'));
  try {
    const manifest = `${registry.url}/v2/${repository}/manifests/latest`;
    const { status } = await fetch(manifest);
    show(`GET ${manifest} → ${status} without a login`);
    must(status === 401, 'The registry should have refused.');

    step('The secrets, as a dev container would have them');
    const secrets = secretSet(registry.host);
    show(redacted(secrets));

    step('registry-login');
    const program = path.join(import.meta.dirname, '../dist/registry-login.js');
    const ended = await execa(process.execPath, [program], {
      all: true,
      reject: false,
      stdin: 'ignore',
      extendEnv: false,
      env: { HOME: home, PATH: process.env['PATH'], ...secrets },
      timeout: minute,
    });
    show(ended.all.replaceAll(home, '~'));
    must(ended.exitCode === 0, `registry-login ended with ${ended.exitCode}.`);

    step('~/.docker/config.json');
    const config = await readFile(path.join(home, '.docker/config.json'), 'utf8');
    show(config.replaceAll(/("(?:auth|identitytoken)": )"[^"]*"/g, '$1"********"'));
    const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');
    must(config.includes(registry.host) && config.includes(auth), 'The login should stand in config.json.');

    console.log('\nThe login is verified and stands where docker reads it.');
  } finally {
    await registry.close();
    await rm(home, { recursive: true, force: true });
  }
}

async function main(args: readonly string[]): Promise<void> {
  const built = await run(['node', 'scripts/build.ts'], { timeoutMs: 5 * minute });
  must(built.exitCode === 0, `The build failed:\n${built.output}`);
  if (args.includes('--no-engine')) return withoutEngine();

  const host = await run(['sh', 'scripts/host/setup.sh'], { timeoutMs: 15 * minute, show: true });
  if (host.exitCode !== 0) {
    console.log('\nNo container engine could be had (see above), so this is shown without a dev container.');
    return withoutEngine();
  }
  try {
    await withEngine();
  } finally {
    if (host.output.includes('started dockerd')) {
      await run(['sh', 'scripts/host/stop.sh'], { timeoutMs: minute, show: true });
    }
  }
}

// Ctrl-C ends the command that runs, and what has been started is then taken down; a second one ends this at once.
process.once('SIGINT', () => console.error('\nInterrupted.'));
try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  stopAll();
}
