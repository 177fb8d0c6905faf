import { chmod, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addRelease, filesBelow, node24, pinned } from './support/distribution.ts';
import { fakeNode, plainInstallation, Sandbox } from './support/sandbox.ts';

let sandbox: Sandbox;
let distribution: string;
beforeEach(async () => {
  sandbox = await Sandbox.create();
  distribution = join(sandbox.path, 'distribution');
});
afterEach(() => sandbox[Symbol.asyncDispose]());

describe('a Node.js on PATH', () => {
  it('is recorded by its absolute path, and nothing else is installed', async () => {
    const node = await sandbox.node('node', 'v22.0.0');
    expect(await sandbox.install()).toMatchObject({ code: 0, stderr: '' });
    expect(await sandbox.recordedNode()).toBe(node);
    expect(await filesBelow(sandbox.home)).toEqual(plainInstallation);
    expect((await sandbox.command('registry-login', ['status'])).stdout).toBe(
      `v22.0.0 runs ${sandbox.home}/registry-login.js status\n`,
    );
  });

  it.each([
    ['too old', fakeNode('v20.20.2')],
    ['broken', 'exit 127'],
    ['not a Node.js', 'echo 24.0.0'],
    ['something with a version that is no number', 'echo v2x.0.0'],
  ])('is passed over when it is %s, for the next one on PATH', async (_, script) => {
    await sandbox.tool('node', script);
    const node = await sandbox.node('elsewhere/node', 'v26.1.0');
    await sandbox.install({ PATH: `${sandbox.bin}:relative::${sandbox.path}/elsewhere` });
    expect(await sandbox.recordedNode()).toBe(node);
  });

  it('counts by an absolute entry of PATH only', async () => {
    await sandbox.node('feature/node', 'v24.0.0');
    await sandbox.node('node_modules/.bin/node', 'v24.0.0');
    const { stderr } = await sandbox.install({ PATH: `.:${sandbox.bin}::node_modules/.bin` });
    expect(stderr).toContain('there is no Node.js 22 or later here');
  });

  it('is recorded as what a version manager’s shim leads to', async () => {
    const real = await sandbox.node('opt/nodejs/24/bin/node', 'v24.1.0');
    await sandbox.tool('node', `exec ${real} "$@"`);
    await sandbox.install();
    expect(await sandbox.recordedNode()).toBe(real);
  });

  it('is recorded as what a link leads to, so that another choice of version leaves it alone', async () => {
    const real = await sandbox.tool(
      'usr/local/share/nvm/versions/node/v22.2.0/bin/node',
      'case $1 in --version) echo v22.2.0 ;; *) exit 1 ;; esac',
    );
    await symlink(
      join(sandbox.path, 'usr/local/share/nvm/versions/node/v22.2.0'),
      join(sandbox.path, 'usr/local/share/nvm/current'),
    );
    await sandbox.install({ PATH: `${sandbox.path}/usr/local/share/nvm/current/bin:${sandbox.bin}` });
    expect(await sandbox.recordedNode()).toBe(real);
  });

  it('is not used where the remote user could not run it', async () => {
    const node = await sandbox.node('root/.nvm/bin/node', 'v24.0.0');
    await chmod(sandbox.path, 0o755);
    await chmod(join(sandbox.path, 'root'), 0o700);
    const PATH = `${sandbox.bin}:${sandbox.path}/root/.nvm/bin`;
    for (const user of [
      { _REMOTE_USER: 'vscode' },
      { _REMOTE_USER: '' },
      { _REMOTE_USER: 'no such $(user)' },
    ]) {
      const { code, stdout } = await sandbox.install({ PATH, ...user });
      expect(code).toBe(0);
      expect(stdout).toContain(`${node} is not used`);
      expect(await filesBelow(sandbox.home)).not.toContain('node-path');
    }
  });

  it('is used where it is the remote user’s own', async () => {
    const node = await sandbox.node('home/.nvm/bin/node', 'v24.0.0');
    await chmod(sandbox.path, 0o700);
    await sandbox.install({
      PATH: `${sandbox.bin}:${sandbox.path}/home/.nvm/bin`,
      _REMOTE_USER: userInfo().username,
    });
    expect(await sandbox.recordedNode()).toBe(node);
  });

  it('may be meant for programs that need NODE_OPTIONS', async () => {
    const node = await sandbox.tool(
      'node',
      `if [ -n "\${NODE_OPTIONS-}" ]; then exit 9; fi\n${fakeNode('v22.0.0')}`,
    );
    await sandbox.install({ NODE_OPTIONS: '--no-such-option' });
    expect(await sandbox.recordedNode()).toBe(node);
    expect((await sandbox.command('registry-login', [], { NODE_OPTIONS: '--no-such-option' })).code).toBe(0);
  });
});

describe('a second installation', () => {
  it('with other options replaces the first and leaves nothing of it', async () => {
    await sandbox.node('node', 'v22.0.0');
    await sandbox.install({ ONFAILURE: 'fail', EXPECT: 'ACR' });
    await writeFile(join(sandbox.home, 'chunk-of-an-older-version.js'), '');
    await sandbox.install({ TIMEOUT: '60' });
    expect(await filesBelow(sandbox.home)).toEqual(plainInstallation);
    const options = await sandbox.read('options');
    expect(options).toContain('onFailure=warn\ntimeout=60\n');
    expect(options).toContain('expect=\n');
    expect(await readlink(join(sandbox.path, 'usr/local/bin/registry-login'))).toBe(
      join(sandbox.home, 'bin/registry-login'),
    );
  });

  it('keeps the private Node.js, and needs no network for that', async () => {
    await addRelease(distribution, { version: pinned, node: node24 });
    await sandbox.install({ NODEMIRROR: `file://${distribution}` });
    await rm(distribution, { recursive: true });
    const { code, stderr } = await sandbox.install();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect((await sandbox.command('registry-login')).stdout).toMatch(/^v24\.19\.0 runs /);
  });

  it('keeps a private Node.js of another version where the pinned one cannot be had', async () => {
    await addRelease(distribution, { version: '22.22.0', node: `#!/bin/sh\n${fakeNode('v22.22.0')}\n` });
    await sandbox.install({ NODEMIRROR: `file://${distribution}` });
    await sandbox.install();
    expect((await sandbox.command('registry-login')).stdout).toMatch(/^v22\.22\.0 runs /);
  });

  it('drops the private Node.js when the image has one of its own by then', async () => {
    await addRelease(distribution, { version: pinned, node: node24 });
    await sandbox.install({ NODEMIRROR: `file://${distribution}` });
    await sandbox.node('node', 'v22.0.0');
    await sandbox.install();
    expect(await filesBelow(sandbox.home)).toEqual(plainInstallation);
  });
});
