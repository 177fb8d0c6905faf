import { mkdir, rename, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addRelease, filesBelow, node24, pinned, serve } from './support/distribution.ts';
import { fakeNode, plainInstallation, Sandbox } from './support/sandbox.ts';

let sandbox: Sandbox;
let distribution: string;
beforeEach(async () => {
  sandbox = await Sandbox.create();
  distribution = join(sandbox.path, 'distribution');
});
afterEach(() => sandbox[Symbol.asyncDispose]());

describe('the private Node.js', () => {
  const NODEMIRROR = (): string => `file://${distribution}`;

  /** Makes the installer take an archive's sum for the official one. */
  const pin = (sha256: string, arch = 'X64'): Promise<void> =>
    sandbox.edit(join(sandbox.path, 'feature/install.sh'), (text) =>
      text.replace(new RegExp(`^NODE_SHA256_${arch}=.*$`, 'm'), `NODE_SHA256_${arch}=${sha256}`),
    );

  it.each([
    ['x86_64', 'x64', 'X64'],
    ['aarch64', 'arm64', 'ARM64'],
    ['arm64', 'arm64', 'ARM64'],
  ])('is for %s the official build for %s', async (machine, arch, pinName) => {
    const { sha256 } = await addRelease(distribution, { version: pinned, arch, node: node24 });
    await pin(sha256, pinName);
    await sandbox.tool('uname', `echo ${machine}`);
    // Stands in for nodejs.org, which tests do not ask.
    await sandbox.tool(
      'curl',
      `for url in "$@"; do :; done
while [ "$1" != -o ]; do shift; done
echo "$url" >>'${sandbox.path}/asked'
cp "${distribution}/\${url#https://nodejs.org/dist/}" "$2"`,
    );
    expect(await sandbox.install()).toMatchObject({ code: 0, stderr: '' });
    expect(await sandbox.run('/bin/sh', ['-c', 'cat asked'])).toMatchObject({
      stdout: `https://nodejs.org/dist/v${pinned}/node-v${pinned}-linux-${arch}.tar.gz\n`,
    });
    expect(await sandbox.recordedNode()).toBe(join(sandbox.home, 'node/bin/node'));
    expect(await filesBelow(sandbox.home)).toEqual(
      [...plainInstallation, 'node/LICENSE', 'node/bin/node'].toSorted(),
    );
    expect((await stat(join(sandbox.home, 'node/bin/node'))).mode & 0o777).toBe(0o755);
  });

  it('is refused from nodejs.org when its sum is not the pinned one, whatever SHASUMS256.txt says', async () => {
    await addRelease(distribution, { version: pinned, node: node24 });
    await sandbox.tool(
      'curl',
      `for url in "$@"; do :; done; while [ "$1" != -o ]; do shift; done; cp "${distribution}/\${url#https://nodejs.org/dist/}" "$2"`,
    );
    const { code, stderr } = await sandbox.install();
    expect(code).toBe(0);
    expect(stderr).toContain('is refused: its SHA-256 is ');
    expect(await filesBelow(sandbox.home)).toEqual(plainInstallation.filter((name) => name !== 'node-path'));
  });

  it('comes from a directory with the official build', async () => {
    const { sha256 } = await addRelease(distribution, { version: pinned, node: node24, listedSum: null });
    await pin(sha256);
    const { stdout } = await sandbox.install({ NODEMIRROR: NODEMIRROR() });
    expect(stdout).toContain('SHA-256: that of the official build');
    expect(await sandbox.recordedNode()).toBe(join(sandbox.home, 'node/bin/node'));
  });

  it('comes from a directory with a build of its own, by the directory’s SHASUMS256.txt', async () => {
    await addRelease(distribution, { version: pinned, node: node24 });
    const { stdout, stderr } = await sandbox.install({ NODEMIRROR: `${NODEMIRROR()}/` });
    expect(stdout).toContain(
      'not the official build, but what the mirror’s SHASUMS256.txt says'.replace('’', "'"),
    );
    expect(stderr).toBe('');
  });

  it('comes from a directory that has another suitable version alone', async () => {
    await addRelease(distribution, { version: '20.9.0', node: `#!/bin/sh\n${fakeNode('v20.9.0')}\n` });
    await addRelease(distribution, { version: '24.21.0', arch: 'arm64', node: node24 });
    await addRelease(distribution, { version: '24.21.0', node: `#!/bin/sh\n${fakeNode('v24.21.0')}\n` });
    await sandbox.install({ NODEMIRROR: NODEMIRROR() });
    expect((await sandbox.command('registry-login')).stdout).toMatch(/^v24\.21\.0 runs /);
  });

  it.each([
    ['is corrupted', { node: node24, listedSum: 'f'.repeat(64) }, 'is refused'],
    ['is not listed', { node: node24, listedSum: null }, 'is refused'],
    ['does not run here', { node: '#!/no/such/loader\n' }, 'does not run here'],
    ['is too old', { node: `#!/bin/sh\n${fakeNode('v18.0.0')}\n` }, 'does not run here'],
  ])('is not installed when it %s, and nothing of it stays', async (_, release, reason) => {
    await addRelease(distribution, { version: pinned, ...release });
    const { code, stderr } = await sandbox.install({ NODEMIRROR: NODEMIRROR() });
    expect(code).toBe(0);
    expect(stderr).toContain(reason);
    expect(await filesBelow(join(sandbox.path, 'usr'))).toEqual([
      'local/bin/docker-credential-registry-login',
      'local/bin/registry-login',
      ...plainInstallation
        .filter((name) => name !== 'node-path')
        .map((name) => `local/share/registry-login/${name}`),
    ]);
    expect(await filesBelow(join(sandbox.path, 'tmp'))).toEqual([]);
  });

  it('is not installed when its archive holds a link in its place', async () => {
    const { archive } = await addRelease(distribution, { version: pinned, node: node24 });
    const folder = join(sandbox.path, `node-v${pinned}-linux-x64`);
    await mkdir(join(folder, 'bin'), { recursive: true });
    await symlink(await sandbox.node('elsewhere/node', 'v24.0.0'), join(folder, 'bin/node'));
    await sandbox.run('tar', ['-czf', archive, `node-v${pinned}-linux-x64`]);
    await sandbox.run('/bin/sh', [
      '-c',
      `cd "${distribution}/v${pinned}" && sha256sum *.tar.gz >SHASUMS256.txt`,
    ]);
    const { stderr } = await sandbox.install({ NODEMIRROR: NODEMIRROR() });
    expect(stderr).toContain('cannot be unpacked');
  });

  it.each(['curl', 'wget', 'python3'])('is downloaded where only %s is there', async (downloader) => {
    await addRelease(distribution, { version: pinned, node: node24 });
    await using mirror = await serve(distribution);
    await sandbox.borrow(downloader);
    await sandbox.tool('apt-get', 'touch apt-was-called');
    expect(await sandbox.install({ NODEMIRROR: `${mirror.url}/` })).toMatchObject({ code: 0, stderr: '' });
    expect(mirror.requests).toEqual([
      `/v${pinned}/node-v${pinned}-linux-x64.tar.gz`,
      `/v${pinned}/SHASUMS256.txt`,
    ]);
    expect(await sandbox.recordedNode()).toBe(join(sandbox.home, 'node/bin/node'));
    await expect(stat(join(sandbox.path, 'apt-was-called'))).rejects.toThrow('ENOENT');
  });

  it('is downloaded with the next downloader when one fails', async () => {
    await addRelease(distribution, { version: pinned, node: node24 });
    await using mirror = await serve(distribution);
    await sandbox.tool('curl', 'exit 35');
    await sandbox.borrow('wget');
    await sandbox.install({ NODEMIRROR: mirror.url });
    expect(await sandbox.recordedNode()).toBe(join(sandbox.home, 'node/bin/node'));
  });

  it('has apt install curl where there is no downloader at all, also with a broken list', async () => {
    await addRelease(distribution, { version: pinned, node: node24 });
    await using mirror = await serve(distribution);
    const curl = await sandbox.borrow('curl');
    await rename(curl, `${curl}.deb`);
    await sandbox.tool(
      'apt-get',
      `echo "$@" >>'${sandbox.path}/apt'\ncase "$*" in update) exit 100 ;; *curl*) mv '${curl}.deb' '${curl}' ;; esac`,
    );
    const { code, stderr } = await sandbox.install({ NODEMIRROR: mirror.url });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'registry-login: warning: apt could not read all of its lists.\n',
    });
    expect((await sandbox.run('cat', ['apt'])).stdout).toBe(
      'update\ninstall -y --no-install-recommends ca-certificates curl\n',
    );
    expect(await sandbox.recordedNode()).toBe(join(sandbox.home, 'node/bin/node'));
  });

  it('is not asked of apt twice, and the build goes on', async () => {
    await sandbox.tool('apt-get', `echo "$1" >>'${sandbox.path}/apt'; exit 100`);
    expect((await sandbox.install({ NODEMIRROR: 'https://mirror.invalid' })).code).toBe(0);
    expect((await sandbox.run('cat', ['apt'])).stdout).toBe('update\ninstall\n');
  });

  it('takes a build of a mirror’s own over TLS or loopback only', async () => {
    await addRelease(distribution, { version: pinned, node: node24 });
    await sandbox.tool(
      'curl',
      `for url in "$@"; do :; done; while [ "$1" != -o ]; do shift; done; cp "${distribution}/v\${url#*/v}" "$2"`,
    );
    for (const NODEMIRROR of [
      'http://mirror.example.com',
      'http://127.0.0.1.example.com',
      'http://localhost.example.com:80',
    ]) {
      const { stdout, stderr } = await sandbox.install({ NODEMIRROR });
      expect(stdout).toContain('a mirror on plain HTTP can only offer the official build');
      expect(stderr).toContain('is refused');
    }
    for (const NODEMIRROR of [
      'https://mirror.example.com',
      'http://localhost:8080',
      'http://[::1]',
      'http://127.0.0.2/a',
    ]) {
      const { stderr } = await sandbox.install({ NODEMIRROR });
      expect(stderr).toBe('');
    }
  });

  it('does not take a build of a mirror’s own through BusyBox’s wget, which checks no certificate', async () => {
    await addRelease(distribution, { version: pinned, node: node24 });
    await sandbox.tool(
      'wget',
      `case $1 in --help) echo 'BusyBox v1.36.1 multi-call binary.' >&2; exit 1 ;; esac
for url in "$@"; do :; done; while [ "$1" != -O ]; do shift; done; cp "${distribution}/v\${url#*/v}" "$2"`,
    );
    const { stderr } = await sandbox.install({ NODEMIRROR: 'https://mirror.example.com' });
    expect(stderr).toContain('is refused');
  });

  it.each([
    ['glibc 2.17', 'echo "glibc 2.17"', 'this image has glibc 2.17; the builds of nodejs.org need 2.28'],
    ['musl', 'exit 1', 'this image has musl instead of glibc'],
  ])('is not even downloaded for %s', async (_, getconf, message) => {
    await addRelease(distribution, { version: pinned, node: node24 });
    await sandbox.tool('getconf', getconf);
    await sandbox.tool('lib/ld-musl-x86_64.so.1', '');
    const { code, stdout } = await sandbox.install({ NODEMIRROR: NODEMIRROR() });
    expect(code).toBe(0);
    expect(stdout).toContain(message);
    expect(stdout).not.toContain('downloads');
  });

  it('is not there for other machines', async () => {
    await sandbox.tool('uname', 'echo riscv64');
    expect((await sandbox.install()).stdout).toContain('has no pinned build for riscv64');
  });
});
