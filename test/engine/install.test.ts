import { execa } from 'execa';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { serve } from '../features/support/distribution.ts';
import { startContainer } from './support/container.ts';
import { images, nodeMirror, root } from './support/host.ts';

const home = '/usr/local/share/registry-login';
const fromMirror = { NODEMIRROR: 'file:///opt/node-mirror' };
const suites = ['bullseye', 'bookworm', 'trixie', 'sid'];

/** What registry-login --version prints. */
const version = /^registry-login \d+\.\d+\.\d+|^\d+\.\d+\.\d+/;

/** Lists what an installation may have changed, but for what it is there for. */
const leftovers =
  `find /tmp /var/tmp /root /usr/local -mindepth 1 ! -path '${home}*' ! -path '/usr/local/bin/*' ! -type d` +
  ` -cnewer /started; find /usr/local/share -mindepth 1 -maxdepth 1 -name '.*'`;

beforeAll(() => execa('sh', [path.join(root, 'scripts/host/images.sh'), ...suites]));

describe.each(suites)('Debian %s', (suite) => {
  it('gets a private Node.js from a directory, without network, and once more with other options', async () => {
    await using container = await startContainer(`local/debian:${suite}`);
    const first = await container.install({ ...fromMirror, EXPECT: 'ACR', ONFAILURE: 'fail' });
    expect(first).toMatchObject({ exitCode: 0 });
    expect(first.output).toContain(`uses a private Node.js: ${home}/node/bin/node`);
    const before = (await container.sh(`cd ${home} && find . | sort`)).output;

    const second = await container.install({ ...fromMirror, TIMEOUT: '60' });
    expect(second.output).not.toContain('warning');
    expect((await container.sh(`cd ${home} && find . | sort`)).output).toBe(before);
    expect((await container.sh(`cat ${home}/options`)).output).toBe(
      'credentialStore=auto\nonFailure=warn\ntimeout=60\ngithub=auto\nexpect=\ninsecureRegistries=\n' +
        'trustedAuthHosts=\ncheckOnAttach=true\nnodeMirror=file:///opt/node-mirror',
    );
    expect((await container.sh(leftovers)).output).toBe('');
    expect((await container.sh('command -v node')).output).toBe('');
  });

  it('serves root and somebody whom nobody knows there alike', async () => {
    await using container = await startContainer(`local/debian:${suite}`);
    await container.install(fromMirror);
    for (const user of ['root', '54321:54321']) {
      const env = { HOME: '/nonexistent' };
      const printed = await container.sh('registry-login --version', { user, env });
      expect(printed).toEqual({ exitCode: 0, output: expect.stringMatching(version) as string });
      const helper = await container.sh('echo | docker-credential-registry-login version', { user, env });
      expect(helper).toMatchObject({ exitCode: 0 });
    }
  });

  it('is built without network too, and the command explains what is missing', async () => {
    await using container = await startContainer(`local/debian:${suite}`);
    const built = await container.install();
    expect(built).toMatchObject({ exitCode: 0 });
    expect(built.output).toContain('there is no Node.js 22 or later here, and none could be installed');
    expect(await container.sh('registry-login status')).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('set the option nodeMirror') as string,
    });
    expect(
      await container.sh(
        `${home}/hooks/post-create.sh && ${home}/hooks/post-start.sh && ${home}/hooks/post-attach.sh`,
      ),
    ).toMatchObject({ exitCode: 0 });
    expect((await container.sh(leftovers)).output).toBe('');
  });
});

describe('the remote user', () => {
  it('may come later, with an odd home that nobody can write to', async () => {
    await using container = await startContainer(images.debian);
    const installed = await container.install({
      ...fromMirror,
      _REMOTE_USER: 'later',
      _REMOTE_USER_HOME: '/srv/odd "home"',
    });
    expect(installed).toMatchObject({ exitCode: 0 });
    await container.sh(
      `useradd --no-create-home --home-dir '/srv/odd home' later && install -d -m 555 -o later '/srv/odd home'`,
    );
    const env = { HOME: '/srv/odd home' };
    expect(await container.sh('registry-login --version', { user: 'later', env })).toMatchObject({
      exitCode: 0,
    });
    expect(await container.sh(`${home}/hooks/post-start.sh`, { user: 'later', env })).toMatchObject({
      exitCode: 0,
    });
  });

  it('does not get a Node.js of root’s own', async () => {
    await using container = await startContainer(images.node);
    await container.sh(
      'mkdir -p /root/.nvm/bin && mv /usr/local/bin/node /root/.nvm/bin/ && chmod 700 /root',
    );
    const PATH = '/root/.nvm/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    const { output } = await container.install({ ...fromMirror, PATH, _REMOTE_USER: 'vscode' });
    expect(output).toContain('/root/.nvm/bin/node is not used: vscode could not run it');
    expect(await container.sh('registry-login --version', { user: 'vscode' })).toMatchObject({ exitCode: 0 });
  });
});

describe('the Node.js of the image', () => {
  it('is used, and may go away or change after the build', async () => {
    await using container = await startContainer(images.node);
    expect((await container.install()).output).toContain(
      'uses the Node.js of the image: /usr/local/bin/node',
    );
    expect((await container.sh(`ls ${home}`)).output.split('\n')).not.toContain('node');
    expect(await container.sh('registry-login --version')).toMatchObject({ exitCode: 0 });

    await container.sh('mkdir -p /opt/other/bin && mv /usr/local/bin/node /opt/other/bin/node');
    expect(
      await container.sh('registry-login --version', {
        env: { PATH: '/opt/other/bin:/usr/local/bin:/usr/bin:/bin' },
      }),
    ).toMatchObject({
      exitCode: 0,
      output: expect.stringMatching(version) as string,
    });

    await container.sh(
      `printf '#!/bin/sh\\necho v18.20.0\\n' >/usr/local/bin/node && chmod 755 /usr/local/bin/node`,
    );
    expect(
      await container.sh('registry-login --version', {
        env: { PATH: '/usr/local/bin:/opt/other/bin:/usr/bin:/bin' },
      }),
    ).toMatchObject({
      exitCode: 0,
      output: expect.stringMatching(version) as string,
    });

    await container.sh('rm -r /opt/other');
    const { exitCode, output } = await container.sh(
      'echo | docker-credential-registry-login get 2>/dev/null',
    );
    expect(exitCode).toBe(1);
    expect(output).toMatch(/^docker-credential-registry-login: Node\.js 22 or later is needed, /);
  });
});

describe('a mirror', () => {
  it('with a corrupted archive is refused, and nothing of it stays', async () => {
    await using container = await startContainer(images.debian);
    await container.sh(
      'cp -R /opt/node-mirror /opt/corrupted && cd /opt/corrupted/v* && for file in *.gz; do printf x | dd of="$file" bs=1 seek=4711 conv=notrunc; done',
    );
    const { exitCode, output } = await container.install({ NODEMIRROR: 'file:///opt/corrupted' });
    expect(exitCode).toBe(0);
    expect(output).toContain('is refused: its SHA-256 is ');
    expect((await container.sh(`ls ${home}`)).output.split('\n')).not.toContain('node');
    expect((await container.sh(leftovers)).output).toBe('');
  });

  it('on HTTP is read with the curl that apt installs where there is no downloader, past a list that does not answer', async () => {
    await using mirror = await serve(nodeMirror);
    await using container = await startContainer(images.debian, { network: 'host' });
    await container.sh(
      'echo "deb http://127.0.0.1:9/debian broken main" >/etc/apt/sources.list.d/broken.list',
    );
    const { exitCode, output } = await container.install({ NODEMIRROR: mirror.url });
    expect(exitCode).toBe(0);
    expect(output).toContain('neither curl nor wget nor python3 is here: apt installs curl');
    expect(output).toContain(`uses a private Node.js: ${home}/node/bin/node`);
    expect(await container.sh('registry-login --version')).toMatchObject({ exitCode: 0 });
  });

  it('is not reached where apt cannot read its lists at all, and the build goes on', async () => {
    await using container = await startContainer(images.debian);
    await container.sh('echo "this is no list" >/etc/apt/sources.list.d/broken.list');
    const { exitCode, output } = await container.install({ NODEMIRROR: 'http://127.0.0.1:9' });
    expect(exitCode).toBe(0);
    expect(output).toContain('apt could not install curl');
  });
});

describe('hostile option values', () => {
  it('run no command on their way into the options file', async () => {
    await using container = await startContainer(images.node);
    const value = `"$(touch /pwned)\`touch /pwned\`'; touch /pwned; '`;
    const names =
      'CREDENTIALSTORE ONFAILURE TIMEOUT GITHUB EXPECT INSECUREREGISTRIES TRUSTEDAUTHHOSTS CHECKONATTACH NODEMIRROR';
    const { exitCode, output } = await container.install(
      Object.fromEntries(names.split(' ').map((name) => [name, value])),
    );
    expect(exitCode).toBe(0);
    expect(output.match(/warning: the option \w+ is not valid/g)).toHaveLength(9);
    expect(output).not.toContain('pwned');
    expect(await container.sh('test ! -e /pwned && registry-login --version')).toMatchObject({ exitCode: 0 });
  });
});
