import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { configure } from './support/devcontainer.ts';
import { dockerOk, type Ran } from './support/docker.ts';
import { images } from './support/host.ts';
import { ownUntilTheEnd } from './support/owned.ts';
import { startPrivateRegistry, type PrivateRegistry } from './support/private-registry.ts';
import { rootlessUser, type RootlessUser } from './support/rootless-user.ts';
import { secretVariables } from './support/secret-variables.ts';

describe('rootless podman', () => {
  let user: RootlessUser;
  const own = ownUntilTheEnd();
  let registry: PrivateRegistry;
  let image: string;

  beforeAll(async () => {
    registry = own(
      await startPrivateRegistry({ username: 'private-user', password: 'planted-Pa55:w"0rd$(x)' }),
    );
    image = await registry.pushHello();
    user = own(await rootlessUser());
  });

  const pull = (): Promise<Ran> => user.run(['podman', 'pull', '--tls-verify=false', image]);

  it('pulls after login, and not before', async () => {
    expect(await pull()).toMatchObject({ exitCode: 125 });
    expect(
      await user.run([...user.program, 'login'], { env: secretVariables('ACR', registry) }),
    ).toMatchObject({
      exitCode: 0,
    });
    expect(await pull()).toMatchObject({ exitCode: 0 });
  });

  it('runs a dev container that logs in at its start', async () => {
    const archive = path.join(user.home, 'image.tar');
    await dockerOk(['save', '--output', archive, images.node]);
    await user.own();
    expect(await user.run(['podman', 'load', '--input', archive])).toMatchObject({ exitCode: 0 });
    const workspace = path.join(user.home, 'workspace');
    await configure(workspace, {
      image: `localhost/${images.node}`,
      remoteUser: 'vscode',
      runArgs: ['--network=host', '--userns=keep-id:uid=1000,gid=1000'],
    });
    const secrets = path.join(user.home, 'secrets.json');
    await writeFile(secrets, JSON.stringify(secretVariables('ACR', registry)));
    await user.own();
    const where = ['--docker-path', 'podman', '--workspace-folder', workspace];
    const started = await user.run([...user.devcontainer, 'up', ...where, '--secrets-file', secrets], {
      timeoutMs: 300_000,
    });
    expect(started.exitCode, started.output).toBe(0);
    expect(started.output).toMatch(/\bACR\b/);

    const inside = (...command: readonly string[]): Promise<Ran> =>
      user.run([...user.devcontainer, 'exec', ...where, ...command]);
    expect((await inside('stat', '-c', '%U %a', '/home/vscode/.docker/config.json')).output).toContain(
      'vscode 600',
    );
    const { output } = await inside('cat', '/home/vscode/.docker/config.json');
    expect(output).toContain(Buffer.from(`private-user:${registry.password}`).toString('base64'));
  });
});
