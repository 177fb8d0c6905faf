import { rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeNode, Sandbox } from './support/sandbox.ts';

const programs = ['registry-login', 'docker-credential-registry-login'] as const;

let sandbox: Sandbox;
let node: string;
beforeEach(async () => {
  sandbox = await Sandbox.create();
  node = await sandbox.node('node', 'v22.0.0');
});
afterEach(() => sandbox[Symbol.asyncDispose]());

describe.each(programs)('%s', (program) => {
  it('passes its arguments on as they are', async () => {
    await sandbox.install();
    await sandbox.tool('node', 'shift; printf "<%s>" "$@"');
    await age(node);
    const args = ['', 'a b', '*', '$(id)', "'", '--json', '-'];
    expect((await sandbox.command(program, args)).stdout).toBe(args.map((arg) => `<${arg}>`).join(''));
  });

  it('asks the recorded Node.js for nothing but to run it', async () => {
    await sandbox.install();
    await sandbox.tool('node', `echo "$@" >>'${sandbox.path}/asked'`);
    await age(node);
    await sandbox.command(program, ['list']);
    expect((await sandbox.run('cat', ['asked'])).stdout).toBe(`${sandbox.home}/${program}.js list\n`);
  });

  it('keeps the exit code and the standard input of the program', async () => {
    await sandbox.install();
    await sandbox.tool('node', 'read -r line; echo "$line"; exit 10');
    await age(node);
    expect(
      await sandbox.run('/bin/sh', ['-c', `echo server | "${sandbox.path}/usr/local/bin/${program}"`]),
    ).toMatchObject({ code: 10, stdout: 'server\n' });
  });

  it('is run by another Node.js on PATH when the recorded one is gone', async () => {
    await sandbox.install();
    await rm(node);
    await sandbox.node('elsewhere/node', 'v24.0.0');
    const { stdout } = await sandbox.command(program, ['x'], { PATH: `/nowhere:${sandbox.path}/elsewhere` });
    expect(stdout).toBe(`v24.0.0 runs ${sandbox.home}/${program}.js x\n`);
  });

  it('leaves its standard input to the program also when it has to search', async () => {
    await sandbox.install();
    await rm(node);
    await sandbox.tool('old/node', 'cat >/dev/null; echo v18.0.0');
    await sandbox.tool(
      'new/node',
      'if [ "$1" = --version ]; then read -r _; echo v22.0.0; else read -r line; echo "$line"; fi',
    );
    const { stdout } = await sandbox.run(
      '/bin/sh',
      ['-c', `echo server | "${sandbox.path}/usr/local/bin/${program}"`],
      { PATH: `${sandbox.path}/old:${sandbox.path}/new:${sandbox.bin}` },
    );
    expect(stdout).toBe('server\n');
  });

  it.each([
    'usr/local/share/nvm/current/bin/node',
    'usr/local/share/nvm/versions/node/v24.0.0/bin/node',
    'usr/local/bin/node',
    'usr/bin/node-22',
    'odd home/.nvm/versions/node/v24.0.0/bin/node',
    'odd home/.volta/bin/node',
    'odd home/.vscode-server/bin/0a1b2c/node',
    'nvm dir/versions/node/v24.0.0/bin/node',
  ])('finds a Node.js in %s without PATH', async (file) => {
    await sandbox.install();
    await rm(node);
    await sandbox.node(file, 'v24.0.0');
    const { stdout } = await sandbox.command(program, [], {
      HOME: join(sandbox.path, 'odd home'),
      NVM_DIR: join(sandbox.path, 'nvm dir'),
    });
    expect(stdout).toMatch(/^v24\.0\.0 runs /);
  });

  it('is not run by what has taken the place of the recorded Node.js since, if that is too old', async () => {
    await sandbox.install();
    await sandbox.node('node', 'v18.0.0');
    await touchLater(node);
    await sandbox.node('elsewhere/node', 'v24.0.0');
    const { stdout } = await sandbox.command(program, [], { PATH: join(sandbox.path, 'elsewhere') });
    expect(stdout).toMatch(/^v24\.0\.0 runs /);
  });

  it('is run by what has taken the place of the recorded Node.js since, if that suits', async () => {
    await sandbox.install();
    await sandbox.node('node', 'v26.0.0');
    await touchLater(node);
    expect((await sandbox.command(program)).stdout).toMatch(/^v26\.0\.0 runs /);
  });

  it('works without a home, a PATH or a working directory of its own', async () => {
    await sandbox.install();
    const { code, stdout } = await sandbox.run('/bin/sh', [
      '-c',
      `mkdir gone && cd gone && rm -r ../gone && exec /usr/bin/env -i "${sandbox.path}/usr/local/bin/${program}"`,
    ]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `v22.0.0 runs ${sandbox.home}/${program}.js\n` });
  });
});

describe('without a Node.js', () => {
  beforeEach(async () => {
    await rm(node);
    await sandbox.node('node', 'v20.20.2');
    await sandbox.install();
  });

  it.each([
    ['sbin/apk', 'Run "apk add nodejs" as root'],
    ['usr/bin/dnf', 'Run "dnf install nodejs" as root'],
    ['usr/bin/microdnf', 'Run "microdnf install nodejs" as root'],
    ['usr/bin/apt', 'Add "ghcr.io/devcontainers/features/node:1": {} to "features" in devcontainer.json'],
  ])('registry-login says on stderr, where there is %s: %s', async (manager, advice) => {
    await sandbox.tool(manager, '');
    const { code, stdout, stderr } = await sandbox.command('registry-login', ['status', '--json'], {
      PATH: sandbox.bin,
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('Node.js 22 or later is needed, and none was found in this container.\n');
    expect(stderr).toContain(advice);
  });

  it('the credential helper says so on stdout in one line, as Docker shows it', async () => {
    const { code, stdout, stderr } = await sandbox.command('docker-credential-registry-login', ['get']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/^docker-credential-registry-login: Node\.js 22 or later is needed, .*\n$/);
    expect(stdout).not.toContain('credentials not found in native keychain');
  });

  it('the container starts, unless it is told to fail', async () => {
    const hook = join(sandbox.home, 'hooks/post-create.sh');
    expect((await sandbox.run(hook)).code).toBe(0);
    expect((await sandbox.run(hook, [], { REGISTRY_LOGIN_ON_FAILURE: 'fail' })).code).toBe(1);
    expect((await sandbox.run(join(sandbox.home, 'hooks/post-attach.sh'))).code).toBe(0);
  });
});

describe('the hooks', () => {
  const hook = (name: string, env: Readonly<Record<string, string>> = {}) =>
    sandbox.run(join(sandbox.home, 'hooks', name), [], { PATH: '', ...env });

  it.each(['post-create.sh', 'post-start.sh'])(
    '%s logs in, and the container starts whatever happens',
    async (name) => {
      await sandbox.install();
      expect(await hook(name)).toEqual({
        code: 0,
        stdout: `v22.0.0 runs ${sandbox.home}/registry-login.js login --skip-verified --exit-zero\n`,
        stderr: '',
      });
      for (const end of ['exit 3', 'kill -9 $$']) {
        await sandbox.tool('node', end);
        await age(node);
        expect((await hook(name)).code).toBe(0);
      }
    },
  );

  it.each(['post-create.sh', 'post-start.sh'])(
    '%s fails with the login if onFailure is fail',
    async (name) => {
      await sandbox.install({ ONFAILURE: 'fail' });
      expect((await hook(name)).stdout).toBe(
        `v22.0.0 runs ${sandbox.home}/registry-login.js login --skip-verified\n`,
      );
      await sandbox.tool('node', 'exit 3');
      await age(node);
      expect((await hook(name)).code).toBe(3);
    },
  );

  it.each([
    ['warn', 'fail', 'login --skip-verified'],
    ['fail', 'warn', 'login --skip-verified --exit-zero'],
    ['fail', 'FAIL?', 'login --skip-verified'],
    ['fail', '', 'login --skip-verified'],
    ['warn', '$(exit 1)', 'login --skip-verified --exit-zero'],
  ])('read onFailure=%s, REGISTRY_LOGIN_ON_FAILURE=%s as: %s', async (ONFAILURE, override, login) => {
    await sandbox.install({ ONFAILURE });
    const { stdout } = await hook('post-start.sh', { REGISTRY_LOGIN_ON_FAILURE: override });
    expect(stdout).toBe(`v22.0.0 runs ${sandbox.home}/registry-login.js ${login}\n`);
  });

  it.each([
    ['true', undefined, 'status --quiet'],
    ['false', undefined, null],
    ['true', 'false', null],
    ['false', 'true', 'status --quiet'],
    ['false', 'maybe', null],
  ])(
    'read checkOnAttach=%s, REGISTRY_LOGIN_CHECK_ON_ATTACH=%s as: %s',
    async (CHECKONATTACH, override, command) => {
      await sandbox.install({ CHECKONATTACH });
      const env = override === undefined ? {} : { REGISTRY_LOGIN_CHECK_ON_ATTACH: override };
      expect(await hook('post-attach.sh', env)).toEqual({
        code: 0,
        stdout: command === null ? '' : `v22.0.0 runs ${sandbox.home}/registry-login.js ${command}\n`,
        stderr: '',
      });
    },
  );

  it('never fail at attach', async () => {
    await sandbox.install();
    await sandbox.tool('node', 'exit 10');
    await age(node);
    expect((await hook('post-attach.sh')).code).toBe(0);
  });

  it('let the container start without an options file', async () => {
    await sandbox.install();
    await rm(join(sandbox.home, 'options'));
    expect(await hook('post-start.sh')).toMatchObject({ code: 0, stderr: '' });
    expect(await hook('post-attach.sh')).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe('the installer', () => {
  it.each([
    ['dash or whatever sh is', ['/bin/sh']],
    ['bash', ['/bin/bash', '--posix']],
    ['BusyBox', ['busybox', 'sh']],
  ])('runs under %s', async (_, shell) => {
    await sandbox.borrow('busybox');
    expect(
      await sandbox.install({}, shell[0] === 'busybox' ? [join(sandbox.bin, 'busybox'), 'sh'] : shell),
    ).toMatchObject({
      code: 0,
      stderr: '',
    });
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

/** Makes a stand-in as old as a Node.js that was there before the installation. */
async function age(file: string): Promise<void> {
  await utimes(file, new Date(0), new Date(0));
}

async function touchLater(file: string): Promise<void> {
  const later = new Date(Date.now() + 10_000);
  await utimes(file, later, later);
}
