import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  authKeys,
  credHelpers,
  type DockerConfig,
  removeAuth,
  setAuth,
  setCredHelper,
} from '../../src/core/docker-config.ts';
import { ConfigFileError } from '../../src/io/config-file-error.ts';
import { locateConfigFile, readConfigFile, updateConfigFile } from '../../src/io/config-file.ts';
import { readJson, type TemporaryHome, temporaryHome } from '../support/temporary-home.ts';

const secret = 'planted-secret';
const entry = { auth: Buffer.from('alice:pw').toString('base64') };
const addEntry = (config: DockerConfig): DockerConfig => setAuth(config, 'a.io', entry);
const written = { auths: { 'a.io': entry } };

async function failure(action: Promise<unknown>): Promise<ConfigFileError> {
  const error: unknown = await action.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof ConfigFileError) return error;
  throw new Error(`no ConfigFileError: ${inspect(error)}`);
}

describe('the place', () => {
  test.each([
    ['$DOCKER_CONFIG', { DOCKER_CONFIG: '/etc/docker-cli' }, '/home/u', '/etc/docker-cli/config.json'],
    ['the home', {}, '/home/u', '/home/u/.docker/config.json'],
    [
      'the home where $DOCKER_CONFIG is empty',
      { DOCKER_CONFIG: '' },
      '/home/u',
      '/home/u/.docker/config.json',
    ],
    ['$DOCKER_CONFIG without a home', { DOCKER_CONFIG: '/x' }, null, '/x/config.json'],
    [
      'a relative $DOCKER_CONFIG, seen from here',
      { DOCKER_CONFIG: 'conf' },
      null,
      join(process.cwd(), 'conf/config.json'),
    ],
  ])('%s', (_claim, env, homeDirectory, expected) => {
    expect(locateConfigFile({ env, homeDirectory })).toBe(expected);
  });

  test('no home is an error that says what to set', () => {
    expect(() => locateConfigFile({ env: {}, homeDirectory: null })).toThrow(
      expect.objectContaining({
        fault: 'no-home',
        path: null,
        nextStep: expect.stringContaining('Set HOME') as string,
      }),
    );
  });
});

describe('reading', () => {
  test.each([
    ['nothing there', null, false, []],
    ['an empty file', '', true, []],
    ['a byte order mark', `\ufeff${JSON.stringify(written)}`, true, ['a.io']],
  ])('%s', async (_claim, contents, exists, keys) => {
    using home = temporaryHome();
    if (contents !== null) home.write('.docker/config.json', contents);
    const read = await readConfigFile(home.configFile);
    expect([read.exists, authKeys(read.config)]).toEqual([exists, keys]);
  });

  test('a file where the directory should be', async () => {
    using home = temporaryHome();
    home.write('.docker', '');
    expect(await failure(readConfigFile(home.configFile))).toMatchObject({ fault: 'not-a-file' });
  });
});

describe('writing', () => {
  test('makes the file 0600 and the directory 0700, and leaves nothing else', async () => {
    using home = temporaryHome();
    expect(await updateConfigFile(home.configFile, addEntry)).toEqual({
      status: 'written',
      path: home.configFile,
      backup: null,
      stillRunning: [],
    });
    expect(readFileSync(home.configFile, 'utf8')).toBe(
      `{\n\t"auths": {\n\t\t"a.io": {\n\t\t\t"auth": "${entry.auth}"\n\t\t}\n\t}\n}`,
    );
    expect(statSync(home.configFile).mode & 0o7777).toBe(0o600);
    expect(statSync(join(home.path, '.docker')).mode & 0o7777).toBe(0o700);
    expect(home.list()).toEqual(['.docker/', '.docker/config.json']);
  });

  test.each([
    ['an empty file', ''],
    ['white space', ' \n'],
    ['a byte order mark', '\ufeff'],
    ['a byte order mark and an object, which docker could not read', '\ufeff{}'],
    ['null', 'null'],
  ])('starts from %s', async (_claim, contents) => {
    using home = temporaryHome();
    home.write('.docker/config.json', contents);
    await updateConfigFile(home.configFile, addEntry);
    expect(readJson(home.configFile)).toEqual(written);
  });

  test.each([[0o600], [0o644], [0o640], [0o660], [0o200 | 0o400 | 0o044]])(
    'keeps the mode %o',
    async (mode) => {
      using home = temporaryHome();
      home.write('.docker/config.json', '{}', mode);
      await updateConfigFile(home.configFile, addEntry);
      expect(statSync(home.configFile).mode & 0o7777).toBe(mode);
    },
  );

  test('keeps the owner', async () => {
    using home = temporaryHome();
    home.write('.docker/config.json', '{}', 0o640);
    if (process.getuid?.() === 0) chownSync(home.configFile, 65534, 65533);
    const before = statSync(home.configFile);
    await updateConfigFile(home.configFile, addEntry);
    const after = statSync(home.configFile);
    expect([after.uid, after.gid, after.mode]).toEqual([before.uid, before.gid, before.mode]);
    expect(readJson(home.configFile)).toEqual(written);
  });

  test('gives what root makes in a user’s home to the user', async () => {
    using home = temporaryHome();
    if (process.getuid?.() === 0) chownSync(home.path, 65534, 65533);
    const owner = statSync(home.path);
    const path = join(home.path, 'new/docker/config.json');
    await updateConfigFile(path, addEntry);
    for (const made of [path, join(home.path, 'new/docker'), join(home.path, 'new')]) {
      expect([statSync(made).uid, statSync(made).gid]).toEqual([owner.uid, owner.gid]);
    }
  });

  test('keeps every key that is not ours', async () => {
    using home = temporaryHome();
    home.write(
      '.docker/config.json',
      '{"zeta":1.50,"auths":{"b.io":{"auth":"eDp5"}},"credsStore":"pass","HttpHeaders":{"X":"y"}}',
    );
    await updateConfigFile(home.configFile, (config) => setCredHelper(addEntry(config), 'a.io', 'x'));
    expect(readFileSync(home.configFile, 'utf8').replace(/\s/g, '')).toBe(
      `{"zeta":1.50,"auths":{"a.io":{"auth":"${entry.auth}"},"b.io":{"auth":"eDp5"}},"credsStore":"pass","HttpHeaders":{"X":"y"},"credHelpers":{"a.io":"x"}}`,
    );
  });

  test('removes what a killed process left, but nothing that is younger than a minute', async () => {
    using home = temporaryHome();
    home.write('.docker/config.json', '{}');
    const old = home.write('.docker/.config.json.registry-login-0123456789ab', secret);
    home.write('.docker/.config.json.registry-login-ba9876543210', secret);
    utimesSync(old, new Date(0), new Date(0));
    await updateConfigFile(home.configFile, addEntry);
    expect(home.list()).toEqual([
      '.docker/',
      '.docker/.config.json.registry-login-ba9876543210',
      '.docker/config.json',
    ]);
  });
});

describe('an edit that changes nothing writes nothing', () => {
  const odd = `{ "auths" : {"a.io":{"auth":"${entry.auth}"}} ,"credHelpers":{"a.io":"x"} }\n\n`;
  test.each<[string, string, (config: DockerConfig) => DockerConfig]>([
    ['an entry as it is, whatever the format', odd, addEntry],
    ['a helper as it is', odd, (config) => setCredHelper(config, 'a.io', 'x')],
    ['removing what is not there', odd, (config) => removeAuth(config, 'b.io')],
    ['there and back', odd, (config) => removeAuth(setAuth(config, 'b.io', entry), 'b.io')],
    ['an empty file', '', (config) => config],
  ])('%s', async (_claim, contents, edit) => {
    using home = temporaryHome();
    // Not even writable: nothing may try.
    home.write('.docker/config.json', contents, 0o444);
    const before = statSync(home.configFile, { bigint: true });
    expect((await updateConfigFile(home.configFile, edit)).status).toBe('unchanged');
    const after = statSync(home.configFile, { bigint: true });
    expect([after.ino, after.mtimeNs]).toEqual([before.ino, before.mtimeNs]);
    expect(readFileSync(home.configFile, 'utf8')).toBe(contents);
  });

  test('not even a directory', async () => {
    using home = temporaryHome();
    expect((await updateConfigFile(home.configFile, (config) => removeAuth(config, 'a.io'))).status).toBe(
      'unchanged',
    );
    expect(home.list()).toEqual([]);
  });
});

describe('symbolic links stay, and their target is written', () => {
  test.each<[string, (home: TemporaryHome) => void, string, number]>([
    [
      'a link',
      (home) => symlinkSync(home.write('dotfiles/docker.json', '{}', 0o640), link(home)),
      'dotfiles/docker.json',
      0o640,
    ],
    [
      'a chain of relative links',
      (home) => {
        home.write('dotfiles/docker.json', '{}', 0o644);
        symlinkSync('docker.json', join(home.path, 'dotfiles/second'));
        symlinkSync('../dotfiles/second', link(home));
      },
      'dotfiles/docker.json',
      0o644,
    ],
    [
      'a dangling link',
      (home) => {
        mkdirSync(join(home.path, 'dotfiles'));
        symlinkSync('../dotfiles/docker.json', link(home));
      },
      'dotfiles/docker.json',
      0o600,
    ],
    [
      'a dangling link into a directory that is not there',
      (home) => symlinkSync('../x/y/docker.json', link(home)),
      'x/y/docker.json',
      0o600,
    ],
    [
      'a dangling chain',
      (home) => {
        symlinkSync('target.json', join(home.path, 'second'));
        symlinkSync('../second', link(home));
      },
      'target.json',
      0o600,
    ],
    [
      'a linked directory',
      (home) => {
        home.write('elsewhere/config.json', '{}', 0o600);
        symlinkSync('elsewhere', join(home.path, '.docker'));
      },
      'elsewhere/config.json',
      0o600,
    ],
    [
      'a dangling linked directory',
      (home) => symlinkSync('elsewhere', join(home.path, '.docker')),
      'elsewhere/config.json',
      0o600,
    ],
  ])('%s', async (_claim, prepare, target, mode) => {
    using home = temporaryHome();
    prepare(home);
    const links = home.list().filter((name) => isLink(join(home.path, name)));
    const places = links.map((name) => readlinkSync(join(home.path, name)));
    expect((await updateConfigFile(home.configFile, addEntry)).status).toBe('written');
    expect(readJson(join(home.path, target))).toEqual(written);
    expect(readJson(home.configFile)).toEqual(written);
    expect(statSync(join(home.path, target)).mode & 0o7777).toBe(mode);
    expect(links.map((name) => readlinkSync(join(home.path, name)))).toEqual(places);
    expect(home.list().filter((name) => /lock|registry-login/.test(name))).toEqual([]);
  });

  test.each<[string, (home: TemporaryHome) => void]>([
    ['to itself', (home) => symlinkSync('config.json', link(home))],
    [
      'of two',
      (home) => {
        symlinkSync('second', link(home));
        symlinkSync('config.json', join(home.path, '.docker/second'));
      },
    ],
    ['below itself', (home) => symlinkSync('config.json/x', link(home))],
    ['of the directory', (home) => symlinkSync('.docker', join(home.path, '.docker'))],
  ])('a loop %s is an error', async (_claim, prepare) => {
    using home = temporaryHome();
    prepare(home);
    const before = home.list();
    expect(await failure(updateConfigFile(home.configFile, addEntry))).toMatchObject({
      fault: 'symlink-loop',
      path: home.configFile,
    });
    expect(await failure(readConfigFile(home.configFile))).toMatchObject({ fault: 'symlink-loop' });
    expect(home.list()).toEqual(before);
  });

  test('a link that was turned elsewhere meanwhile is followed to there', async () => {
    using home = temporaryHome();
    const first = home.write('first.json', '{}');
    const second = home.write('second.json', '{"detachKeys":"ctrl-x"}');
    symlinkSync(first, link(home));
    let calls = 0;
    await updateConfigFile(home.configFile, (config) => {
      calls += 1;
      if (calls === 2) {
        rmSync(home.configFile);
        symlinkSync(second, home.configFile);
      }
      return addEntry(config);
    });
    expect([readJson(first), readJson(second)]).toEqual([{}, { ...written, detachKeys: 'ctrl-x' }]);
  });
});

describe('a file that cannot be used is left as it is', () => {
  test.each<[string, string | Uint8Array, object]>([
    [
      'a missing brace',
      `{"auths": {"a.io": {"auth": "${secret}"}}`,
      { fault: 'syntax', line: 1, column: 47 },
    ],
    ['a comment', `{\n\t// ${secret}\n}`, { fault: 'syntax', line: 2, column: 2 }],
    ['something after the object', `{}\n${secret}`, { fault: 'syntax', line: 2, column: 1 }],
    ['no UTF-8', Buffer.from(`{"${secret}":"\xff"}`, 'latin1'), { fault: 'syntax', line: 1, column: 20 }],
    ['zeros after a crash', Buffer.alloc(100), { fault: 'syntax', line: 1, column: 1 }],
    ['auths as an array', `{"auths":["${secret}"]}`, { fault: 'shape', line: 1, column: 10 }],
    ['an entry as a string', `{"auths":{"a.io":"${secret}"}}`, { fault: 'shape', line: 1, column: 18 }],
    ['no object at all', `"${secret}"`, { fault: 'shape', line: 1, column: 1 }],
  ])('%s', async (_claim, contents, expected) => {
    using home = temporaryHome();
    home.write('.docker/config.json', contents, 0o644);
    for (const action of [
      () => updateConfigFile(home.configFile, addEntry),
      () => readConfigFile(home.configFile),
    ]) {
      const error = await failure(action());
      expect(error).toMatchObject({ ...expected, path: home.configFile });
      expect(error.message).toContain(`${home.configFile}: line ${error.line}, column ${error.column}: `);
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(secret);
    }
    expect(readFileSync(home.configFile)).toEqual(Buffer.from(contents));
    expect(home.list()).toEqual(['.docker/', '.docker/config.json']);
  });

  test('a read-only file, be it root who asks', async () => {
    using home = temporaryHome();
    home.write('.docker/config.json', '{}', 0o444);
    const error = await failure(updateConfigFile(home.configFile, addEntry));
    expect(error).toMatchObject({ fault: 'read-only', path: home.configFile });
    expect(error.message).toContain('mode 0444');
    expect(error.nextStep).toContain('chmod u+w');
    expect(readFileSync(home.configFile, 'utf8')).toBe('{}');
    expect(home.list()).toEqual(['.docker/', '.docker/config.json']);
  });

  test.each<[string, (path: string) => void]>([
    ['a directory', (path) => mkdirSync(path)],
    ['a pipe, without waiting for its other end', (path) => void execFileSync('mkfifo', [path])],
    ['a device', (path) => symlinkSync('/dev/null', path)],
  ])('%s', async (_claim, make) => {
    using home = temporaryHome();
    mkdirSync(join(home.path, '.docker'));
    make(home.configFile);
    expect(await failure(updateConfigFile(home.configFile, addEntry))).toMatchObject({ fault: 'not-a-file' });
    expect(await failure(readConfigFile(home.configFile))).toMatchObject({ fault: 'not-a-file' });
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test('a text that another program is still writing is read again', async () => {
    using home = temporaryHome();
    home.write('.docker/config.json', '{"auths": {');
    setTimeout(() => writeFileSync(home.configFile, JSON.stringify(written)), 10);
    expect(authKeys((await readConfigFile(home.configFile)).config)).toEqual(['a.io']);
  });
});

test('an error of the edit itself is passed on, and nothing is written', async () => {
  using home = temporaryHome();
  home.write('.docker/config.json', '{}');
  const bug = new TypeError('a bug');
  await expect(
    updateConfigFile(home.configFile, () => {
      throw bug;
    }),
  ).rejects.toBe(bug);
  expect(home.list()).toEqual(['.docker/', '.docker/config.json']);
});

test('an existing directory keeps its mode', async () => {
  using home = temporaryHome();
  mkdirSync(join(home.path, '.docker'));
  chmodSync(join(home.path, '.docker'), 0o755);
  await updateConfigFile(home.configFile, (config) => setCredHelper(config, 'a.io', 'x'));
  expect(statSync(join(home.path, '.docker')).mode & 0o7777).toBe(0o755);
  expect(credHelpers((await readConfigFile(home.configFile)).config).get('a.io')).toBe('x');
});

function link(home: TemporaryHome): string {
  mkdirSync(join(home.path, '.docker'), { recursive: true });
  return home.configFile;
}

function isLink(path: string): boolean {
  return lstatSync(path).isSymbolicLink();
}
