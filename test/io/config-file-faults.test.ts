import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runProcess, updateCommand, updateInProcess } from '../support/run-process.ts';
import { readJson, type TemporaryHome, temporaryHome } from '../support/temporary-home.ts';
import type { UpdateReply, UpdateRequest } from '../support/update-config.ts';

const isRoot = process.getuid?.() === 0;
/** Permissions do not bind root: as root, the writer runs as this user. */
const nobody = 65534;
const original = '{"auths":{"old.io":{"auth":"b2xkOnB3"}},"psFormat":"kept"}';
const bigPassword = 'planted-secret'.repeat(5000);

/** A home that belongs to the user whom the writer runs as. */
function homeOfWriter(): TemporaryHome {
  const home = temporaryHome();
  if (isRoot) chownSync(home.path, nobody, nobody);
  return home;
}

function give(home: TemporaryHome, ...names: string[]): void {
  if (isRoot) for (const name of names) chownSync(join(home.path, name), nobody, nobody);
}

function asWriter(home: TemporaryHome, state: string | null = home.stateDirectory): UpdateRequest {
  return { path: home.configFile, keys: ['new.io'], uid: nobody, options: { stateDirectory: state } };
}

function keysOf(path: string): string[] {
  return Object.keys((readJson(path) as { auths: object }).auths);
}

describe('permissions', () => {
  test('a writable file in a directory that is not: written in place, the old content kept in the state directory', async () => {
    using home = homeOfWriter();
    home.write('.docker/config.json', original, 0o644);
    give(home, '.docker', '.docker/config.json');
    chmodSync(join(home.path, '.docker'), 0o555);
    const before = statSync(home.configFile);
    const backup = join(home.stateDirectory, 'config.json.registry-login-backup');
    expect(await updateInProcess(asWriter(home))).toMatchObject({
      error: null,
      results: [{ status: 'written', backup }],
    });
    expect(keysOf(home.configFile)).toEqual(['new.io', 'old.io']);
    expect([statSync(home.configFile).ino, statSync(home.configFile).mode]).toEqual([
      before.ino,
      before.mode,
    ]);
    expect(readFileSync(backup, 'utf8')).toBe(original);
    expect(statSync(backup).mode & 0o7777).toBe(0o600);
    expect(statSync(home.stateDirectory).mode & 0o7777).toBe(0o700);
    expect(home.list()).toEqual([
      '.docker/',
      '.docker/config.json',
      'state/',
      'state/config.json.registry-login-backup',
    ]);
    chmodSync(join(home.path, '.docker'), 0o755);
  });

  test('several at once do so one after the other', async () => {
    using home = homeOfWriter();
    home.write('.docker/config.json', original, 0o644);
    give(home, '.docker', '.docker/config.json');
    chmodSync(join(home.path, '.docker'), 0o555);
    const keys = ['a.io', 'b.io', 'c.io', 'd.io'];
    const replies = await Promise.all(keys.map((key) => updateInProcess({ ...asWriter(home), keys: [key] })));
    expect(replies.map((reply) => reply.error)).toEqual([null, null, null, null]);
    expect(keysOf(home.configFile)).toEqual([...keys, 'old.io']);
    chmodSync(join(home.path, '.docker'), 0o755);
  });

  test.each<[string, (home: TemporaryHome) => void, string | null, string[]]>([
    [
      'no place for a backup',
      (home) => {
        home.write('.docker/config.json', original, 0o644);
        give(home, '.docker', '.docker/config.json');
        chmodSync(join(home.path, '.docker'), 0o555);
      },
      null,
      ['.docker/', '.docker/config.json'],
    ],
    [
      'a directory that is not writable and no file in it',
      (home) => {
        mkdirSync(join(home.path, '.docker'));
        give(home, '.docker');
        chmodSync(join(home.path, '.docker'), 0o555);
      },
      'state',
      ['.docker/'],
    ],
    ['a home that is not writable', (home) => chmodSync(home.path, 0o555), 'state', []],
    [
      'a file that this user may not read',
      (home) => {
        home.write('.docker/config.json', original, 0o200);
        give(home, '.docker', '.docker/config.json');
      },
      'state',
      ['.docker/', '.docker/config.json'],
    ],
    [
      'a directory that this user may not enter',
      (home) => {
        home.write('.docker/config.json', original, 0o644);
        give(home, '.docker');
        chmodSync(join(home.path, '.docker'), 0o000);
      },
      'state',
      ['.docker/', '.docker/config.json'],
    ],
    [
      'a file of another user, which a rename would take over',
      (home) => {
        home.write('.docker/config.json', original, isRoot ? 0o644 : 0o444);
        give(home, '.docker');
      },
      'state',
      ['.docker/', '.docker/config.json'],
    ],
  ])('%s is an error and changes nothing', async (_claim, prepare, state, files) => {
    using home = homeOfWriter();
    prepare(home);
    const { error } = await updateInProcess(asWriter(home, state === null ? null : home.stateDirectory));
    expect(error?.message).toContain(home.configFile);
    expect(error?.message).toMatch(/permission denied \(EACCES\)|mode 0444/);
    expect(error?.nextStep).toContain('DOCKER_CONFIG');
    for (const name of ['', '.docker', '.docker/config.json']) {
      if (existsSync(join(home.path, name))) chmodSync(join(home.path, name), 0o755);
    }
    if (existsSync(home.configFile)) expect(readFileSync(home.configFile, 'utf8')).toBe(original);
    expect(home.list().filter((name) => name !== 'state/')).toEqual(files);
  });

  test('a file of another user that this one may write is written in place, and stays the other’s', async () => {
    using home = homeOfWriter();
    home.write('.docker/config.json', original, 0o666);
    give(home, '.docker');
    const before = statSync(home.configFile);
    expect(await updateInProcess(asWriter(home))).toMatchObject({
      error: null,
      results: [{ status: 'written' }],
    });
    const after = statSync(home.configFile);
    expect([after.uid, after.gid, after.mode]).toEqual([before.uid, before.gid, before.mode]);
    expect(keysOf(home.configFile)).toEqual(['new.io', 'old.io']);
  });
});

/** Runs a shell script in mounts of its own: as root, or with root's rights in a user namespace of its own; null where neither is allowed. */
function mountNamespace(): string[] | null {
  const candidates = [
    ['unshare', '-m'],
    ['unshare', '-rm'],
  ];
  return (
    candidates.find(
      ([command = '', ...args]) =>
        spawnSync(command, [...args, 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0,
    ) ?? null
  );
}

interface MountOutcome {
  readonly reply: UpdateReply;
  readonly file: string;
  readonly list: string;
}

/** What a writer does and leaves behind after `mountScript`, in a namespace that ends with it. $1 is the home. */
async function inMounts(
  home: TemporaryHome,
  mountScript: string,
  request: UpdateRequest,
  namespace: string[],
): Promise<MountOutcome> {
  const script = `set -eu; home=$1; shift; ${mountScript}
    "$@" > "$home/reply"; cat "$home/.docker/config.json" > "$home/file"; ls -A "$home/.docker" > "$home/list"`;
  const [command = '', ...args] = [
    ...namespace,
    'sh',
    '-c',
    script,
    'sh',
    home.path,
    ...updateCommand(request),
  ];
  const { exitCode, stderr } = await runProcess(command, args);
  if (exitCode !== 0) throw new Error(stderr);
  return {
    reply: readJson(join(home.path, 'reply')) as UpdateReply,
    file: readFileSync(join(home.path, 'file'), 'utf8'),
    list: readFileSync(join(home.path, 'list'), 'utf8'),
  };
}

describe('a single file that is mounted', () => {
  const namespace = mountNamespace();

  test('is written in place with a backup beside it', async () => {
    using home = homeOfWriter();
    const request = {
      path: home.configFile,
      keys: ['new.io'],
      options: { stateDirectory: home.stateDirectory },
    };
    const host = home.write('host.json', original, 0o640);
    home.write('.docker/config.json', '');
    let written: string;
    if (namespace === null) {
      // Without mounts, a directory in which nothing can be made asks for the same.
      writeFileSync(home.configFile, original);
      give(home, '.docker', '.docker/config.json');
      chmodSync(join(home.path, '.docker'), 0o555);
      expect((await updateInProcess(asWriter(home))).results[0]?.backup).toContain(home.stateDirectory);
      written = readFileSync(home.configFile, 'utf8');
      chmodSync(join(home.path, '.docker'), 0o755);
    } else {
      const bind = 'mount --bind "$home/host.json" "$home/.docker/config.json"';
      const before = statSync(host);
      const { reply, file, list } = await inMounts(home, bind, request, namespace);
      expect(reply).toMatchObject({
        error: null,
        results: [{ status: 'written', backup: `${home.configFile}.registry-login-backup` }],
      });
      expect(list).toBe('config.json\nconfig.json.registry-login-backup\n');
      expect(readFileSync(`${home.configFile}.registry-login-backup`, 'utf8')).toBe(original);
      expect([statSync(host).ino, statSync(host).mode]).toEqual([before.ino, before.mode]);
      expect(readFileSync(host, 'utf8')).toBe(file);
      written = file;
    }
    expect(Object.keys((JSON.parse(written) as { auths: object }).auths)).toEqual(['new.io', 'old.io']);
  });

  test('is left as it is where its disk is full', async () => {
    using home = temporaryHome();
    home.write('.docker/config.json', original);
    const request = { path: home.configFile, keys: ['new.io'], password: bigPassword };
    if (namespace === null) {
      await expectTooLarge(home, request);
      return;
    }
    const fullDisk = `mkdir "$home/host"; mount -t tmpfs -o size=64k none "$home/host"
      cp "$home/.docker/config.json" "$home/host/config.json"; mount --bind "$home/host/config.json" "$home/.docker/config.json"`;
    const { reply, file } = await inMounts(home, fullDisk, request, namespace);
    expect(reply.error).toMatchObject({ fault: 'disk-full' });
    expect(file).toBe(original);
  });
});

describe('a full disk leaves the file as it was and nothing beside it', () => {
  test('no space left', async () => {
    using home = temporaryHome();
    const request = { path: home.configFile, keys: ['new.io'], password: bigPassword };
    const namespace = mountNamespace();
    if (namespace === null) {
      home.write('.docker/config.json', original);
      await expectTooLarge(home, request);
      return;
    }
    mkdirSync(join(home.path, '.docker'));
    home.write('original.json', original);
    const smallDisk =
      'mount -t tmpfs -o size=64k none "$home/.docker"; cp "$home/original.json" "$home/.docker/config.json"';
    const { reply, file, list } = await inMounts(home, smallDisk, request, namespace);
    expect(reply.error).toMatchObject({
      fault: 'disk-full',
      message: `Cannot write ${home.configFile}: no space left on the disk (ENOSPC).`,
    });
    expect(JSON.stringify(reply)).not.toContain('planted-secret');
    expect([file, list]).toEqual([original, 'config.json\n']);
  });

  test('a limit of the process', async () => {
    using home = temporaryHome();
    home.write('.docker/config.json', original);
    await expectTooLarge(home, { path: home.configFile, keys: ['new.io'], password: bigPassword });
  });
});

async function expectTooLarge(home: TemporaryHome, request: UpdateRequest): Promise<void> {
  const reply = await updateInProcess(request, ['sh', '-c', 'ulimit -f 1; exec "$@"', 'sh']);
  expect(reply.error).toMatchObject({
    fault: 'disk-full',
    message: expect.stringContaining('EFBIG') as string,
  });
  expect(readFileSync(home.configFile, 'utf8')).toBe(original);
  expect(home.list()).toEqual(['.docker/', '.docker/config.json']);
}
