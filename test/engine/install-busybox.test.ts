import { execa } from 'execa';
import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addRelease } from '../features/support/distribution.ts';
import { fakeNode } from '../features/support/sandbox.ts';
import { startContainer } from './support/container.ts';
import { docker, dockerOk } from './support/docker.ts';
import { root } from './support/host.ts';
import { temporaryDirectory } from './support/temporary.ts';

const home = '/usr/local/share/registry-login';
const node = (version: string): string => `#!/bin/sh\n${fakeNode(version)}\n`;

/** Alpine's package manager, as far as the installer speaks to it: it knows nodejs, and refuses what apk refuses. */
const apk = `#!/bin/sh
command=$1; shift
for word in "$@"; do case $word in
  --no-cache) ;;
  -*) echo "apk: unrecognized option: $word" >&2; exit 1 ;;
  nodejs) ;;
  *) echo "ERROR: unable to select packages: $word (no such package)" >&2; exit 1 ;;
esac; done
case $command in
  add) cp /opt/packages/nodejs /usr/bin/node; echo 'OK: 60 MiB in 20 packages' ;;
  del) rm /usr/bin/node; echo 'OK: 8 MiB in 15 packages' ;;
  *) echo "apk: unknown command $command" >&2; exit 1 ;;
esac
`;

/** Fedora's package manager, likewise: no modules any more, nodejs, and nodejs22 beside it. */
const dnf = `#!/bin/sh
if [ "$1" != -y ]; then echo 'Is this ok [y/N]: Operation aborted.'; exit 1; fi
shift
case $* in
  'install nodejs') cp /opt/packages/nodejs /usr/bin/node ;;
  'remove nodejs') rm /usr/bin/node ;;
  'install nodejs22') cp /opt/packages/nodejs22 /usr/bin/node-22 ;;
  install*) echo "No match for argument: $2" >&2; exit 1 ;;
  *) echo "Unknown argument \\"$1\\" for command \\"dnf5\\"." >&2; exit 2 ;;
esac
echo 'Complete!'
`;

const files = {
  alpine: {
    'etc/os-release': 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.21.3\n',
    'lib/ld-musl-x86_64.so.1': '',
    'lib/ld-musl-aarch64.so.1': '',
    'sbin/apk': apk,
    'opt/packages/nodejs': node('v22.15.1'),
  },
  fedora: {
    'etc/os-release': 'NAME="Fedora Linux"\nID=fedora\nVERSION_ID=40\n',
    'usr/bin/dnf': dnf,
    'opt/packages/nodejs': node('v20.19.1'),
    'opt/packages/nodejs22': node('v22.17.0'),
  },
  ubuntu: {
    'etc/os-release': 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n',
  },
} as const;
type Distribution = keyof typeof files;
const image = (distribution: Distribution): string =>
  `registry-login-test/${distribution}-of-busybox:${process.pid}`;

/** Imports a root tree of BusyBox alone that calls itself `distribution`. */
async function makeImage(distribution: Distribution, busybox: string): Promise<void> {
  await using tree = await temporaryDirectory();
  const inTree = (file: string): string => path.join(tree.path, file);
  for (const folder of ['bin', 'sbin', 'usr/bin', 'tmp', 'root', 'proc', 'etc']) {
    await mkdir(inTree(folder), { recursive: true });
  }
  await chmod(inTree('tmp'), 0o1777);
  await copyFile(busybox, inTree('bin/busybox'));
  const { stdout: applets } = await execa(busybox, ['--list']);
  for (const applet of applets.split('\n')) {
    if (applet !== 'busybox') await symlink('busybox', inTree(`bin/${applet}`));
  }
  await writeFile(inTree('etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  for (const [file, text] of Object.entries(files[distribution])) {
    await mkdir(path.dirname(inTree(file)), { recursive: true });
    await writeFile(inTree(file), text, { mode: 0o755 });
  }
  for (const arch of ['x64', 'arm64']) {
    await addRelease(inTree('opt/mirror'), { version: '24.19.0', arch, node: node('v24.19.0') });
  }
  const archive = `${tree.path}.tar`;
  await using _removed = { [Symbol.asyncDispose]: () => execa('rm', ['-f', archive]).then(() => undefined) };
  await execa('tar', ['--owner=0', '--group=0', '-C', tree.path, '-cf', archive, '.']);
  await dockerOk(['import', archive, image(distribution)]);
}

beforeAll(async () => {
  await execa('sh', [path.join(root, 'scripts/host/packages.sh'), 'busybox-static']);
  for (const distribution of Object.keys(files) as Distribution[])
    await makeImage(distribution, '/bin/busybox');
});
afterAll(async () => {
  for (const distribution of Object.keys(files) as Distribution[])
    await docker(['image', 'rm', image(distribution)]);
});

describe('in a root tree of BusyBox', () => {
  it('that says it is Alpine, apk installs the Node.js', async () => {
    await using container = await startContainer(image('alpine'));
    const { exitCode, output } = await container.install();
    expect(exitCode).toBe(0);
    expect(output).toContain('this image has musl instead of glibc');
    expect(output).not.toContain('downloads');
    expect(output).toContain('uses the Node.js of the image: /usr/bin/node');
    expect((await container.sh('registry-login status')).output).toBe(
      `v22.15.1 runs ${home}/registry-login.js status`,
    );
  });

  it('that says it is Fedora, dnf installs a Node.js that is not too old', async () => {
    await using container = await startContainer(image('fedora'));
    const { exitCode, output } = await container.install();
    expect(exitCode).toBe(0);
    expect(output).toContain('uses the Node.js of the image: /usr/bin/node-22');
    expect((await container.sh('ls /usr/bin')).output.split('\n')).not.toContain('node');
    expect((await container.sh('registry-login status')).output).toBe(
      `v22.17.0 runs ${home}/registry-login.js status`,
    );
  });

  it.each(['ubuntu', 'fedora'] as const)(
    'that says it is %s, the mirror comes first',
    async (distribution) => {
      await using container = await startContainer(image(distribution));
      const { exitCode, output } = await container.install({ NODEMIRROR: 'file:///opt/mirror' });
      expect(exitCode).toBe(0);
      expect(output).toContain(`uses a private Node.js: ${home}/node/bin/node`);
      expect((await container.sh('registry-login status')).output).toBe(
        `v24.19.0 runs ${home}/registry-login.js status`,
      );
    },
  );

  it('that says it is Ubuntu, without network and mirror, the build goes on', async () => {
    await using container = await startContainer(image('ubuntu'));
    expect(await container.install()).toMatchObject({ exitCode: 0 });
    expect(await container.sh('registry-login status')).toMatchObject({ exitCode: 1 });
    expect(await container.sh(`${home}/hooks/post-create.sh`)).toMatchObject({ exitCode: 0 });
  });

  it('a second installation leaves nothing of the first, and nothing in /tmp', async () => {
    await using container = await startContainer(image('ubuntu'));
    await container.install({ NODEMIRROR: 'file:///opt/mirror', EXPECT: 'ACR' });
    const before = (await container.sh(`find ${home} | sort`)).output;
    expect(await container.install({ ONFAILURE: 'fail' })).toMatchObject({ exitCode: 0 });
    expect((await container.sh(`find ${home} | sort`)).output).toBe(before);
    expect((await container.sh(`grep -E '^(onFailure|expect)=' ${home}/options`)).output).toBe(
      'onFailure=fail\nexpect=',
    );
    expect((await container.sh('ls -A /tmp; ls -A /usr/local/share')).output).toBe('registry-login');
  });
});
