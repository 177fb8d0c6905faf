import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeNode, Sandbox } from './support/sandbox.ts';

const osRelease = {
  alpine: 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.21.0\n',
  fedora: 'NAME="Fedora Linux"\nID=fedora\nVERSION_ID=42\n',
  rhel: 'NAME="Red Hat Enterprise Linux"\nID="rhel"\nID_LIKE="fedora"\nVERSION_ID="9.5"\n',
  ubuntu: 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n',
  debian: 'NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12"\n',
} as const;

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await Sandbox.create();
  await mkdir(join(sandbox.path, 'etc'));
  await sandbox.tool('curl', 'exit 6');
});
afterEach(() => sandbox[Symbol.asyncDispose]());

/** An image of a distribution, with a package manager that knows these packages: what each puts where, as a Node.js of which version. */
async function distribution(
  id: keyof typeof osRelease,
  manager: string,
  packages: Readonly<Record<string, readonly [file: string, version: string]>> = {},
): Promise<void> {
  await writeFile(join(sandbox.path, 'etc/os-release'), osRelease[id]);
  if (id === 'alpine') {
    await sandbox.tool('getconf', 'exit 1');
    await sandbox.tool('lib/ld-musl-x86_64.so.1', '');
  }
  const known = Object.entries(packages).map(([name, [file, version]]) => {
    const path = join(sandbox.path, file);
    return `*' add '*' ${name} '* | *' install ${name} '*) mkdir -p '${path.slice(0, path.lastIndexOf('/'))}'; cat >'${path}' <<'END'
#!/bin/sh
${fakeNode(version)}
END
chmod 755 '${path}' ;;
*' del ${name} '* | *' remove ${name} '*) rm '${path}' ;;`;
  });
  await sandbox.tool(
    manager,
    `echo "$@" >>'${sandbox.path}/calls'\ncase " $* " in\n${known.join('\n')}\n*) echo "no such package" >&2; exit 1 ;;\nesac`,
  );
}

const calls = async (): Promise<string[]> => {
  const { stdout } = await sandbox.run('cat', ['calls']);
  return stdout.split('\n').filter((line) => line !== '');
};
describe('the distribution’s package', () => {
  it('is Alpine’s nodejs', async () => {
    await distribution('alpine', 'apk', { nodejs: ['usr/bin/node', 'v22.15.1'] });
    expect(await sandbox.install()).toMatchObject({ code: 0, stderr: '' });
    expect(await calls()).toEqual(['add --no-cache nodejs']);
    expect(await sandbox.recordedNode()).toBe(join(sandbox.path, 'usr/bin/node'));
  });

  it('is taken away again where Alpine’s is too old', async () => {
    await distribution('alpine', 'apk', { nodejs: ['usr/bin/node', 'v20.15.1'] });
    const { code, stderr } = await sandbox.install();
    expect(code).toBe(0);
    expect(stderr).toContain('apk has no Node.js that suits');
    expect(await calls()).toEqual(['add --no-cache nodejs', 'del nodejs']);
    await expect(stat(join(sandbox.path, 'usr/bin/node'))).rejects.toThrow('ENOENT');
  });

  it('never replaces the Node.js that somebody chose', async () => {
    await distribution('alpine', 'apk', { nodejs: ['usr/bin/node', 'v22.15.1'] });
    await sandbox.node('usr/bin/node', 'v20.15.1');
    expect((await sandbox.install()).code).toBe(0);
    expect((await sandbox.run(join(sandbox.path, 'usr/bin/node'), ['--version'])).stdout).toBe('v20.15.1\n');
    await expect(stat(join(sandbox.path, 'calls'))).rejects.toThrow('ENOENT');
  });

  it.each([
    ['fedora', 'dnf'],
    ['rhel', 'microdnf'],
    ['rhel', 'yum'],
  ] as const)('is nodejs for %s with %s', async (id, manager) => {
    await distribution(id, manager, { nodejs: ['usr/bin/node', 'v22.19.0'] });
    expect(await sandbox.install()).toMatchObject({ code: 0 });
    expect(await calls()).toEqual(['-y module enable nodejs:22', '-y install nodejs']);
    expect(await sandbox.recordedNode()).toBe(join(sandbox.path, 'usr/bin/node'));
  });

  it('is a later one beside Fedora’s default where that is too old', async () => {
    await distribution('fedora', 'dnf', {
      nodejs: ['usr/bin/node', 'v20.19.0'],
      nodejs22: ['usr/bin/node-22', 'v22.19.0'],
    });
    expect((await sandbox.install()).code).toBe(0);
    expect(await sandbox.recordedNode()).toBe(join(sandbox.path, 'usr/bin/node-22'));
    await expect(stat(join(sandbox.path, 'usr/bin/node'))).rejects.toThrow('ENOENT');
  });

  it('is a later one beside the Node.js that is there, too', async () => {
    await distribution('fedora', 'dnf', { nodejs24: ['usr/bin/node-24', 'v24.1.0'] });
    await sandbox.node('usr/bin/node', 'v20.19.0');
    await sandbox.install();
    expect(await calls()).toEqual(['-y install nodejs24']);
    expect(await sandbox.recordedNode()).toBe(join(sandbox.path, 'usr/bin/node-24'));
  });

  it.each([
    ['debian', 'dnf'],
    ['ubuntu', 'apk'],
  ] as const)('is none for %s, even with a %s on PATH', async (id, manager) => {
    await distribution(id, manager, { nodejs: ['usr/bin/node', 'v22.0.0'] });
    expect((await sandbox.install()).code).toBe(0);
    await expect(stat(join(sandbox.path, 'calls'))).rejects.toThrow('ENOENT');
  });

  it.each([
    ['alpine', 'apk'],
    ['fedora', 'dnf'],
  ] as const)('may be out of reach on %s, and the build goes on', async (id, manager) => {
    await distribution(id, manager);
    const { code, stderr } = await sandbox.install();
    expect(code).toBe(0);
    expect(stderr).toContain(
      'there is no Node.js 22 or later here, and none could be installed. The build goes on',
    );
  });

  it('is looked for without an os-release', async () => {
    await distribution('alpine', 'apk', { nodejs: ['usr/bin/node', 'v22.15.1'] });
    await rm(join(sandbox.path, 'etc/os-release'));
    expect(await sandbox.install()).toMatchObject({ code: 0, stderr: '' });
    expect(await sandbox.recordedNode()).toBe(join(sandbox.path, 'usr/bin/node'));
  });
});
