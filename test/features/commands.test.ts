import { rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { age, Sandbox } from './support/sandbox.ts';

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

  it('is not run by a Node.js of the working directory', async () => {
    await sandbox.install();
    await rm(node);
    await sandbox.node('./node', 'v24.0.0');
    expect(
      (await sandbox.command(program, [], { PATH: `.::node_modules/.bin:${sandbox.path}/nowhere` })).code,
    ).toBe(1);
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

async function touchLater(file: string): Promise<void> {
  const later = new Date(Date.now() + 10_000);
  await utimes(file, later, later);
}
