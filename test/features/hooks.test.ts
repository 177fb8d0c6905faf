import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { age, Sandbox } from './support/sandbox.ts';

let sandbox: Sandbox;
let node: string;
beforeEach(async () => {
  sandbox = await Sandbox.create();
  node = await sandbox.node('node', 'v22.0.0');
});
afterEach(() => sandbox[Symbol.asyncDispose]());

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
    ['warn', 'Fail', 'login --skip-verified'],
    ['fail', 'WARN', 'login --skip-verified --exit-zero'],
    ['fail', 'warn?', 'login --skip-verified'],
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
    ['true', '0', null],
    ['false', 'TRUE', 'status --quiet'],
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
