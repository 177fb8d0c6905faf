import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { builtImages, configure, devcontainer, removeImages } from './support/devcontainer.ts';
import { docker, dockerOk } from './support/docker.ts';
import { images } from './support/host.ts';
import { formsOf, searchArchive } from './support/planted.ts';
import { ownUntilTheEnd } from './support/owned.ts';
import { startPrivateRegistry, type PrivateRegistry } from './support/private-registry.ts';
import { secretVariables } from './support/secret-variables.ts';
import { temporaryDirectory } from './support/temporary.ts';

const password = 'planted-Pa55:w"0rd$(x)';
const username = 'private-user';

describe('a prebuild with the secrets at hand', () => {
  const own = ownUntilTheEnd();
  let registry: PrivateRegistry;
  let folder: { readonly path: string } & AsyncDisposable;
  let secretsFile: string;
  let container: string;
  let built: string[] = [];

  beforeAll(async () => {
    registry = own(await startPrivateRegistry({ username, password }));
    folder = own(await temporaryDirectory());
    secretsFile = path.join(folder.path, 'secrets.json');
    await configure(path.join(folder.path, 'workspace'), {
      image: images.node,
      remoteUser: 'vscode',
      runArgs: ['--network=host'],
      updateContentCommand: 'test -n "$ACR_CONTAINER_REGISTRY_PASSWORD" && touch /tmp/updated',
    });
    await writeFile(secretsFile, JSON.stringify(secretVariables('ACR', registry)));
    own({ [Symbol.asyncDispose]: removeContainer });
    container = await up('--prebuild');
  });

  async function removeContainer(): Promise<void> {
    const label = `label=devcontainer.local_folder=${path.join(folder.path, 'workspace')}`;
    const { output } = await docker(['ps', '--all', '--quiet', '--filter', label]);
    for (const id of output.split('\n').filter((line) => line !== '')) {
      await docker(['rm', '--force', '--volumes', id]);
    }
    await removeImages(built);
  }

  async function up(...flags: readonly string[]): Promise<string> {
    const where = ['--workspace-folder', path.join(folder.path, 'workspace'), '--secrets-file', secretsFile];
    const { output, stdout, exitCode } = await devcontainer(['up', ...where, ...flags]);
    expect(exitCode, output).toBe(0);
    built = [...built, ...builtImages(output)];
    return /"containerId":"([0-9a-f]+)"/.exec(stdout)?.[1] ?? '';
  }

  it('leaves no form of the password in the container that is snapshot', async () => {
    expect(await docker(['exec', container, 'test', '-e', '/tmp/updated'])).toMatchObject({ exitCode: 0 });
    expect(await searchArchive(['export', container], formsOf(password, username))).toEqual([]);
    expect(registry.verifiedLogins()).toBe(0);
  });

  it('leaves none in any layer or setting of the image', async () => {
    const image = await dockerOk(['inspect', '--format', '{{.Image}}', container]);
    expect(await searchArchive(['save', image.trim()], formsOf(password, username))).toEqual([]);
  });

  it('logs in once somebody opens it, and only then is there something to find', async () => {
    expect(await up()).toBe(container);
    expect(registry.verifiedLogins()).toBe(1);
    expect(await searchArchive(['export', container], formsOf(password, username))).toEqual([
      Buffer.from(`${username}:${password}`).toString('base64'),
    ]);
  });
});
