import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeNode, Sandbox } from './support/sandbox.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
  await sandbox.node('node', 'v22.0.0');
});
afterEach(() => sandbox[Symbol.asyncDispose]());

describe('the installer', () => {
  it.each([['/bin/sh'], ['/bin/bash', '--posix']])('runs under %s', async (...shell) => {
    expect(await sandbox.install({}, shell)).toMatchObject({ code: 0, stderr: '' });
    expect((await sandbox.command('registry-login')).code).toBe(0);
  });

  it('refuses a Feature folder without the bundle, and touches nothing', async () => {
    await rm(join(sandbox.path, 'feature/registry-login.js'));
    const { code, stderr } = await sandbox.install();
    expect(code).toBe(1);
    expect(stderr).toContain('npm run build');
    await expect(stat(join(sandbox.path, 'usr'))).rejects.toThrow('ENOENT');
  });

  it('leaves a former installation alone when it cannot finish', async () => {
    await sandbox.install({ EXPECT: 'ACR' });
    await rm(join(sandbox.path, 'feature/hooks'), { recursive: true });
    expect((await sandbox.install()).code).not.toBe(0);
    expect(await sandbox.read('options')).toContain('expect=ACR\n');
    expect(await sandbox.leftovers()).not.toContainEqual(expect.stringContaining('.registry-login.'));
  });

  it('needs nothing of the remote user, who may not exist yet', async () => {
    const env = { _REMOTE_USER: 'not there $(yet)', _REMOTE_USER_HOME: '/no/such/"home', HOME: '/proc/1' };
    await writeFile(join(sandbox.path, 'unused'), '');
    expect((await sandbox.install(env)).code).toBe(0);
  });

  it('makes everything readable by everyone under any umask', async () => {
    await sandbox.tool('node', fakeNode('v22.0.0'));
    await sandbox.run('/bin/sh', ['-c', 'umask 077; exec feature/install.sh'], { _REMOTE_USER: 'root' });
    const { stdout } = await sandbox.run('find', [
      join(sandbox.path, 'usr/local'),
      '!',
      '-type',
      'l',
      '!',
      '-perm',
      '-444',
    ]);
    expect(stdout).toBe('');
    const executables = await sandbox.run('find', [sandbox.home, '-type', 'f', '-perm', '-111']);
    expect(executables.stdout.trim().split('\n').toSorted()).toEqual(
      [
        'bin/docker-credential-registry-login',
        'bin/registry-login',
        'hooks/post-attach.sh',
        'hooks/post-create.sh',
        'hooks/post-start.sh',
      ].map((name) => join(sandbox.home, name)),
    );
  });
});
