import { realpathSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Ran } from './support/docker.ts';
import { dockerProgram } from './support/host.ts';
import { installProgram, type InstalledProgram } from './support/installed-program.ts';
import { imageToRemove, ownUntilTheEnd } from './support/owned.ts';
import { startPrivateRegistry, type PrivateRegistry } from './support/private-registry.ts';
import { secretVariables } from './support/secret-variables.ts';
import { temporaryDirectory } from './support/temporary.ts';

/** Every docker client of this machine: the distribution's and, where there is one, a newer one. */
const clients = [dockerProgram, '/usr/local/bin/docker', '/usr/bin/docker'].flatMap((file) => {
  try {
    return [realpathSync(file)];
  } catch {
    return [];
  }
});

const password = 'planted-Pa55:w"0rd$(x)';

const own = ownUntilTheEnd();
let registry: PrivateRegistry;
let image: string;
let program: InstalledProgram;

beforeAll(async () => {
  registry = own(await startPrivateRegistry({ username: 'private-user', password }));
  image = await registry.pushHello();
  own(imageToRemove(image));
  program = own(await installProgram());
  // As VS Code's: it knows what the editor's machine knows, and here that is nothing.
  await program.add(
    'docker-credential-dev-containers-0c7d',
    '#!/bin/sh\ncat >/dev/null\necho "credentials not found in native keychain"\nexit 1\n',
  );
  await program.add('docker-credential-hangs', '#!/bin/sh\nexec sleep 30 2>/dev/null\n');
  await program.add('docker-credential-fails', '#!/bin/sh\necho "the keychain is locked"\nexit 1\n');
});

// Docker overwrites an entry in auths with a store's "not found", but keeps it where the store fails in any other way.
const cases = [
  {
    situation: 'VS Code’s store, which has no credentials for it',
    config: { credsStore: 'dev-containers-0c7d' },
    store: 'both',
    authsAlone: false,
  },
  { situation: 'a store that hangs', config: { credsStore: 'hangs' }, store: 'both', authsAlone: false },
  {
    situation: 'another helper for the host',
    config: { helper: 'dev-containers-0c7d' },
    store: 'both',
    authsAlone: false,
  },
  {
    situation: 'a store and another helper for the host',
    config: { credsStore: 'hangs', helper: 'dev-containers-0c7d' },
    store: 'both',
    authsAlone: false,
  },
  {
    situation: 'a store whose program is missing',
    config: { credsStore: 'desktop' },
    store: 'both',
    authsAlone: true,
  },
  { situation: 'a store that fails', config: { credsStore: 'fails' }, store: 'both', authsAlone: true },
  {
    situation: 'no config, and secretservice installed, which docker would take by itself',
    config: null,
    store: 'config',
    authsAlone: true,
  },
];

describe.each([...new Set(clients)])('%s', (client) => {
  describe.each(cases)('with $situation', ({ config, store, authsAlone }) => {
    async function home(): Promise<{ readonly path: string } & AsyncDisposable> {
      const folder = await temporaryDirectory();
      if (config !== null) {
        const { helper, ...rest } = { helper: undefined, ...config };
        await mkdir(path.join(folder.path, '.docker'));
        await writeFile(
          path.join(folder.path, '.docker/config.json'),
          JSON.stringify({
            ...rest,
            ...(helper === undefined ? {} : { credHelpers: { [registry.server]: helper } }),
          }),
        );
      }
      return folder;
    }

    async function run(homeDirectory: string, file: string, ...args: readonly string[]): Promise<Ran> {
      const { all, exitCode } = await execa(file, args, {
        all: true,
        reject: false,
        stdin: 'ignore',
        extendEnv: false,
        env: {
          HOME: homeDirectory,
          PATH: `${program.folder}:/usr/sbin:/usr/bin:/sbin:/bin`,
          ...secretVariables('ACR', registry),
        },
        timeout: 5_000,
        killSignal: 'SIGKILL',
      });
      return { output: all, exitCode };
    }

    it('a private pull works after login', async () => {
      await using folder = await home();
      const { output, exitCode } = await run(folder.path, 'registry-login', 'login', '--json');
      expect(exitCode, output).toBe(0);
      expect(JSON.parse(output)).toMatchObject({ registries: [{ status: 'ok', store }] });
      expect(await run(folder.path, client, 'pull', image)).toMatchObject({ exitCode: 0 });
    });

    it(`an entry in auths alone ${authsAlone ? 'would do too' : 'would not do'}`, async () => {
      await using folder = await home();
      const file = path.join(folder.path, '.docker/config.json');
      const before = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as object;
      const auth = Buffer.from(`private-user:${password}`).toString('base64');
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, JSON.stringify({ ...before, auths: { [registry.server]: { auth } } }));
      const { exitCode } = await run(folder.path, client, 'pull', image);
      expect(exitCode === 0).toBe(authsAlone);
    });
  });
});
