import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { up, type DevContainer } from './support/devcontainer.ts';
import { docker, type Ran } from './support/docker.ts';
import { startEcrAccount, type EcrAccount } from './support/ecr-account.ts';
import { dockerSocket, dockerSocketGroup, images } from './support/host.ts';
import { ownUntilTheEnd } from './support/owned.ts';

// Each test goes on where the one before it ended, as the days of one container do.
describe('a dev container with AWS keys, before and after the life of its ECR token', () => {
  let ecr: EcrAccount;
  let container: DevContainer;
  const own = ownUntilTheEnd();

  beforeAll(async () => {
    ecr = own(await startEcrAccount('planted-first-token'));
    container = own(
      await up({
        image: images.node,
        remoteUser: 'vscode',
        runArgs: [
          `--network=${ecr.engine.network}`,
          `--group-add=${await dockerSocketGroup(ecr.engine.socket)}`,
        ],
        mounts: [
          `type=bind,source=${ecr.engine.socket},target=${dockerSocket}`,
          `type=bind,source=${ecr.engine.configuration},target=/etc/docker,readonly`,
        ],
        containerEnv: ecr.variables,
      }),
    );
  });

  /** As the user, in a shell of the container. */
  const sh = (script: string, user = 'vscode'): Promise<Ran> =>
    docker(['exec', '--user', user, '--env', 'HOME=/home/vscode', container.id, 'sh', '-c', script]);
  const pull = (): Promise<Ran> => sh(`docker pull ${ecr.image}`);
  const succeeds = expect.objectContaining({ exitCode: 0 }) as Ran;

  it('pulls with the token that the start exchanged', async () => {
    expect(await pull()).toEqual(succeeds);
    expect(ecr.api.exchanges).toBe(1);
  });

  it('is refused by the registry without the login', async () => {
    expect(await sh(`DOCKER_CONFIG=/nowhere docker pull ${ecr.image}`)).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('no basic auth credentials') as string,
    });
  });

  it('has doctor say that the image can be pulled', async () => {
    expect(await sh(`registry-login doctor ${ecr.image} --json`)).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('"pullable": true') as string,
    });
  });

  it('asks AWS nothing at a restart within half of the token’s life', async () => {
    const asked = ecr.api.requests.length;
    expect(await container.restart()).toMatch(/\bECR\b/);
    expect(await pull()).toEqual(succeeds);
    expect(ecr.api.requests).toHaveLength(asked);
  });

  it('exchanges once for 20 pulls at the same time, once the token has expired', async () => {
    await ecr.rotate('planted-short-token', 2_000);
    expect(await sh('registry-login login')).toEqual(succeeds);
    expect(await pull()).toEqual(succeeds);
    await sleep(2_000);
    await ecr.rotate('planted-next-token');
    const old = { server: ecr.server, username: 'AWS', password: 'planted-short-token' };
    expect(await docker(['--host', `unix://${ecr.engine.socket}`, 'pull', ecr.image], [old])).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('unauthorized') as string,
    });
    const asked = ecr.api.requests.length;
    const pulls = await sh(
      `for n in $(seq 20); do docker pull --quiet ${ecr.image} && echo pulled >>/tmp/pulls & done; wait; wc -l </tmp/pulls`,
    );
    expect(pulls.output.trimEnd()).toMatch(/^20$/m);
    expect(ecr.api.requests.length - asked).toBe(1);
  });

  it('leaves the new token in the config too, for clients that know no helpers', async () => {
    const { output } = await sh('cat ~/.docker/config.json');
    expect(JSON.parse(output)).toMatchObject({
      auths: { [ecr.server]: { auth: Buffer.from('AWS:planted-next-token').toString('base64') } },
      credHelpers: { [ecr.server]: 'registry-login' },
    });
  });

  it('renews for root with the user’s HOME (sudo -E), and leaves everything to the user', async () => {
    await ecr.rotate('planted-aged-token', 0);
    expect(await sh('registry-login login')).toEqual(succeeds);
    await ecr.rotate('planted-root-token');
    const before = ecr.api.exchanges;
    expect(await sh(`docker pull ${ecr.image}`, 'root')).toEqual(succeeds);
    expect(await pull()).toEqual(succeeds);
    expect(ecr.api.exchanges - before).toBe(1);
    expect((await sh('find ~/.docker ~/.local ! -user vscode', 'root')).output).toBe('');
  });

  it('lets the user’s own docker login and docker logout count, and logs in again when asked', async () => {
    await ecr.registry.setPassword('planted-own-token');
    const asked = ecr.api.requests.length;
    expect(
      await sh(`echo planted-own-token | docker login --username AWS --password-stdin ${ecr.server}`),
    ).toEqual(succeeds);
    expect(await pull()).toEqual(succeeds);
    expect(ecr.api.requests).toHaveLength(asked);

    expect(await sh(`docker logout ${ecr.server}`)).toEqual(succeeds);
    expect(await pull()).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('no basic auth credentials') as string,
    });

    await ecr.rotate('planted-last-token');
    expect(await sh('registry-login login')).toEqual(succeeds);
    expect(await pull()).toEqual(succeeds);
    expect(ecr.api.requests.length - asked).toBe(1);
  });

  it('never wrote the AWS keys to a file', async () => {
    const found = await sh(`grep -rlaFs ${ecr.key.secretAccessKey} /home /tmp /var /usr/local || true`);
    expect(found.output).toBe('');
  });
});
