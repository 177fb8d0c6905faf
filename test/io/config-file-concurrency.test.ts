import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type DockerConfig, removeAuth, setAuth } from '../../src/core/docker-config.ts';
import { updateConfigFile } from '../../src/io/config-file.ts';
import { installDocker, startDockerLogin, updateInProcess } from '../support/run-process.ts';
import { readJson, type TemporaryHome, temporaryHome } from '../support/temporary-home.ts';

const entry = { auth: Buffer.from('alice:pw').toString('base64') };
const addOurs = (config: DockerConfig): DockerConfig => setAuth(config, 'ours.io', entry);

function keysOf(home: TemporaryHome): string[] {
  return Object.keys((readJson(home.configFile) as { auths: object }).auths);
}

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_value, index) => `${name}-${index}.io`);
}

describe('processes of ours', () => {
  test('six that write five entries each lose none', async () => {
    using home = temporaryHome();
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => numbered(name, 5));
    const replies = await Promise.all(
      keys.map((own) => updateInProcess({ path: home.configFile, keys: own })),
    );
    expect(replies.map((reply) => reply.error)).toEqual(keys.map(() => null));
    expect(keysOf(home)).toEqual(keys.flat());
    expect(home.list()).toEqual(['.docker/', '.docker/config.json']);
  });

  test('ten writes of one process at once lose none', async () => {
    using home = temporaryHome();
    const keys = numbered('a', 10);
    await Promise.all(
      keys.map((key) => updateConfigFile(home.configFile, (config) => setAuth(config, key, entry))),
    );
    expect(keysOf(home)).toEqual(keys);
  });

  test('through different links to one file lose none', async () => {
    using home = temporaryHome();
    home.write('real.json', '{}');
    mkdirSync(join(home.path, '.docker'));
    symlinkSync('../real.json', home.configFile);
    const keys = [numbered('a', 5), numbered('b', 5)];
    const paths = [home.configFile, join(home.path, 'real.json')];
    await Promise.all(keys.map((own, index) => updateInProcess({ path: paths[index] ?? '', keys: own })));
    expect(keysOf(home)).toEqual(keys.flat());
  });

  test('a dead one’s lock holds nobody up', async () => {
    using home = temporaryHome();
    const lock = join(home.path, '.docker', 'config.json.lock');
    mkdirSync(lock, { recursive: true });
    utimesSync(lock, new Date(0), new Date(0));
    expect((await updateConfigFile(home.configFile, addOurs)).status).toBe('written');
    expect(home.list()).toEqual(['.docker/', '.docker/config.json']);
  });

  test('a live one’s lock is waited for, then named', async () => {
    using home = temporaryHome();
    const lock = join(home.path, '.docker', 'config.json.lock');
    mkdirSync(lock, { recursive: true });
    await expect(updateConfigFile(home.configFile, addOurs, { lockWaitMs: 60 })).rejects.toMatchObject({
      fault: 'locked',
      path: home.configFile,
      message: `Cannot write ${home.configFile}: another registry-login holds the lock ${lock}.`,
    });
    expect(existsSync(home.configFile)).toBe(false);
  });
});

describe('a program that takes no lock and writes between our reading and our writing', () => {
  const theirs = '{"auths":{"theirs.io":{"auth":"eDp5"}},"detachKeys":"ctrl-x"}';

  test.each<[string, (path: string) => void]>([
    [
      'renames a file over it',
      (path) => {
        writeFileSync(`${path}.new`, theirs);
        renameSync(`${path}.new`, path);
      },
    ],
    ['writes it in place', (path) => writeFileSync(path, theirs)],
    [
      'writes it in place, to the same size and time',
      (path) => {
        writeFileSync(path, theirs);
        utimesSync(path, new Date(0), new Date(0));
      },
    ],
  ])('%s', async (_claim, write) => {
    using home = temporaryHome();
    home.write('.docker/config.json', theirs.replace('theirs', 'before'));
    utimesSync(home.configFile, new Date(0), new Date(0));
    let calls = 0;
    const result = await updateConfigFile(home.configFile, (config) => {
      calls += 1;
      if (calls === 2) write(home.configFile);
      return addOurs(config);
    });
    expect(result.status).toBe('written');
    expect(readJson(home.configFile)).toEqual({
      auths: { 'ours.io': entry, 'theirs.io': { auth: 'eDp5' } },
      detachKeys: 'ctrl-x',
    });
    expect(home.list()).toEqual(['.docker/', '.docker/config.json']);
  });

  test('makes a file where there was none', async () => {
    using home = temporaryHome();
    let calls = 0;
    await updateConfigFile(home.configFile, (config) => {
      calls += 1;
      if (calls === 2) writeFileSync(home.configFile, theirs);
      return addOurs(config);
    });
    expect(keysOf(home)).toEqual(['ours.io', 'theirs.io']);
  });

  test('has done our work: nothing is written', async () => {
    using home = temporaryHome();
    const same = JSON.stringify({ auths: { 'ours.io': entry } });
    home.write('.docker/config.json', '{}');
    let calls = 0;
    const result = await updateConfigFile(home.configFile, (config) => {
      calls += 1;
      const edited = addOurs(config);
      if (calls === 1) writeFileSync(home.configFile, same);
      return edited;
    });
    expect([result.status, readFileSync(home.configFile, 'utf8')]).toEqual(['unchanged', same]);
  });

  test('never stops: an error, not a loop without end', async () => {
    using home = temporaryHome();
    home.write('.docker/config.json', '{}');
    let calls = 0;
    const update = updateConfigFile(home.configFile, (config) => {
      calls += 1;
      writeFileSync(home.configFile, `{"psFormat":"${calls}"}`);
      return addOurs(config);
    });
    await expect(update).rejects.toMatchObject({ fault: 'keeps-changing', path: home.configFile });
    expect(home.list()).toEqual(['.docker/', '.docker/config.json']);
  });

  test('is about to rename its temporary file: we wait for it', async () => {
    using home = temporaryHome();
    home.write('.docker/config.json', '{}');
    const temporary = home.write('.docker/config.json123456789', theirs);
    setTimeout(() => renameSync(temporary, home.configFile), 100);
    await updateConfigFile(home.configFile, addOurs);
    expect(keysOf(home)).toEqual(['ours.io', 'theirs.io']);
  });

  test('was killed and left its temporary file: we do not wait for it', async () => {
    using home = temporaryHome();
    const temporary = home.write('.docker/config.json123456789', theirs);
    utimesSync(temporary, new Date(0), new Date(0));
    await updateConfigFile(home.configFile, addOurs);
    expect(keysOf(home)).toEqual(['ours.io']);
    expect(existsSync(temporary)).toBe(true);
  });
});

describe('a docker login that read the file before our write and writes it after', () => {
  test('loses us nothing, nor itself', async () => {
    using home = temporaryHome();
    home.write('.docker/config.json', '{"auths":{"old.io":{"auth":"b2xkOnB3"}}}');
    const login = await startDockerLogin(installDocker(home.path), join(home.path, '.docker'), 'theirs.io');
    const update = updateConfigFile(home.configFile, addOurs);
    await expect.poll(() => keysOf(home)).toContain('ours.io');
    expect((await login.finish()).exitCode).toBe(0);
    expect(await update).toMatchObject({ status: 'written', stillRunning: [] });
    expect(keysOf(home)).toEqual(['old.io', 'ours.io', 'theirs.io']);
  });

  test('an entry that we removed stays removed', async () => {
    using home = temporaryHome();
    home.write('.docker/config.json', '{"auths":{"old.io":{"auth":"b2xkOnB3"}}}');
    const login = await startDockerLogin(installDocker(home.path), join(home.path, '.docker'), 'theirs.io');
    const update = updateConfigFile(home.configFile, (config) => removeAuth(config, 'old.io'));
    await expect.poll(() => keysOf(home)).not.toContain('old.io');
    await login.finish();
    await update;
    expect(keysOf(home)).toEqual(['theirs.io']);
  });

  test('a docker logout of an entry that we renew stays a logout', async () => {
    using home = temporaryHome();
    home.write('.docker/config.json', '{"auths":{"ours.io":{"auth":"b2xkOnB3"}}}');
    const logout = await startDockerLogin(installDocker(home.path), join(home.path, '.docker'), 'ours.io', {
      subcommand: 'logout',
    });
    const update = updateConfigFile(home.configFile, addOurs);
    await expect.poll(() => readFileSync(home.configFile, 'utf8')).toContain(entry.auth);
    await logout.finish();
    await update;
    expect(keysOf(home)).toEqual([]);
  });

  test.each([
    ['the end of the wait', () => ({ settleMs: 100 })],
    ['the signal', () => ({ settleMs: 60_000, signal: AbortSignal.timeout(300) })],
  ])('never holds us up longer than %s, and is named then', async (_claim, options) => {
    using home = temporaryHome();
    home.write('.docker/config.json', '{"auths":{}}');
    const login = await startDockerLogin(installDocker(home.path), join(home.path, '.docker'), 'theirs.io');
    const result = await updateConfigFile(home.configFile, addOurs, options());
    expect(result).toMatchObject({
      status: 'written',
      stillRunning: [{ pid: login.pid, command: 'docker login' }],
    });
    expect(keysOf(home)).toEqual(['ours.io']);
    await login.finish();
  });

  test('rounds of both at random lose nothing', async () => {
    using home = temporaryHome();
    const docker = installDocker(home.path);
    const expected: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      // docker logins among themselves do lose entries: one at a time.
      const ours = ['a', 'b'].map((name) => `${name}-${round}.io`);
      const theirs = `docker-${round}.io`;
      const login = await startDockerLogin(docker, join(home.path, '.docker'), theirs, {
        wait: Math.random() * 400,
      }).catch(() => null);
      const replies = await Promise.all(
        ours.map((key) => updateInProcess({ path: home.configFile, keys: [key] })),
      );
      expect(replies.map((reply) => reply.error)).toEqual([null, null]);
      expect((await login?.result)?.stderr).toBe('');
      expected.push(...ours, theirs);
      expect(keysOf(home)).toEqual(expected.toSorted());
    }
    rmSync(docker);
    expect(home.list()).toEqual(['.docker/', '.docker/config.json']);
  });
});
