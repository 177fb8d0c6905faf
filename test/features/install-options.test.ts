import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './support/sandbox.ts';

const defaults: Readonly<Record<string, string>> = {
  credentialStore: 'auto',
  onFailure: 'warn',
  timeout: '30',
  github: 'auto',
  expect: '',
  insecureRegistries: '',
  trustedAuthHosts: '',
  checkOnAttach: 'true',
  nodeMirror: '',
};

/** How the Dev Container CLI names the variable of an option. */
const variable = (option: string): string => option.toUpperCase();

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await Sandbox.create();
  await sandbox.node('node', 'v22.1.0');
});
afterAll(() => sandbox[Symbol.asyncDispose]());

async function options(env: Readonly<Record<string, string>>) {
  const { code, stderr, stdout } = await sandbox.install(env);
  expect(code).toBe(0);
  const lines = (await sandbox.read('options')).split('\n');
  expect(lines.pop()).toBe('');
  return {
    lines,
    file: Object.fromEntries(lines.map((line) => splitOnce(line))),
    stderr,
    output: stdout + stderr,
  };
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}

describe('the options file', () => {
  it('holds the default of every option where none is given', async () => {
    const { file, stderr } = await options({});
    expect(file).toEqual(defaults);
    expect(stderr).toBe('');
  });

  it('has the options and the defaults of devcontainer-feature.json', async () => {
    const json = await readFile(
      join(import.meta.dirname, '../../features/registry-login/devcontainer-feature.json'),
      'utf8',
    );
    const { options: declared } = JSON.parse(json) as { options: Record<string, { default: unknown }> };
    expect(
      Object.fromEntries(Object.entries(declared).map(([name, option]) => [name, String(option.default)])),
    ).toEqual(defaults);
  });

  it('can be read by everyone and written by its owner alone, whatever the umask', async () => {
    await sandbox.run('/bin/sh', ['-c', 'umask 077 && exec feature/install.sh'], { _REMOTE_USER: 'root' });
    expect((await stat(join(sandbox.home, 'options'))).mode & 0o777).toBe(0o644);
  });

  it.each([
    ['credentialStore', 'helper', 'helper'],
    ['credentialStore', 'config', 'config'],
    ['onFailure', 'fail', 'fail'],
    ['timeout', '1', '1'],
    ['timeout', '600', '600'],
    ['github', 'off', 'off'],
    ['expect', 'ACR,ECR', 'ACR,ECR'],
    ['expect', ' ACR , _e2 ,', 'ACR,_e2'],
    ['expect', '__proto__', '__proto__'],
    ['insecureRegistries', 'registry.local:5000, 10.0.0.1', 'registry.local:5000,10.0.0.1'],
    ['insecureRegistries', '[fd00::1]:5000,[::1]', '[fd00::1]:5000,[::1]'],
    ['trustedAuthHosts', 'r.example.com=auth.example.net:8443', 'r.example.com=auth.example.net:8443'],
    ['trustedAuthHosts', 'a=b, a=c', 'a=b,a=c'],
    ['checkOnAttach', 'false', 'false'],
    ['nodeMirror', 'https://mirror.example.com:8443/a/b~c', 'https://mirror.example.com:8443/a/b~c'],
    ['nodeMirror', 'http://[::1]:80', 'http://[::1]:80'],
    ['nodeMirror', 'file:///opt/node+mirror', 'file:///opt/node+mirror'],
  ])('keeps %s=%j', async (option, value, kept) => {
    const { file, stderr } = await options({ [variable(option)]: value });
    expect(file).toEqual({ ...defaults, [option]: kept });
    expect(stderr).toBe('');
  });

  it.each([
    ['credentialStore', 'AUTO'],
    ['onFailure', 'warn fail'],
    ['timeout', '0'],
    ['timeout', '030'],
    ['timeout', '601'],
    ['timeout', '-1'],
    ['timeout', '3e2'],
    ['timeout', '99999999999999999999'],
    ['github', 'on'],
    ['expect', 'A-B'],
    ['expect', '1ST'],
    ['expect', 'ACR,*'],
    ['insecureRegistries', 'http://registry.local'],
    ['insecureRegistries', 'registry.local:0'],
    ['insecureRegistries', 'registry.local:65536'],
    ['insecureRegistries', 'registry.local:'],
    ['insecureRegistries', '-registry.local'],
    ['insecureRegistries', 'a..b'],
    ['insecureRegistries', 'user@registry.local'],
    ['insecureRegistries', '[::1'],
    ['insecureRegistries', '[]'],
    ['insecureRegistries', '[registry]:5000'],
    ['trustedAuthHosts', 'registry.example.com'],
    ['trustedAuthHosts', 'a=b=c'],
    ['trustedAuthHosts', '=b'],
    ['checkOnAttach', 'yes'],
    ['nodeMirror', 'https://user:planted-4711@mirror.example.com'],
    ['nodeMirror', 'https://mirror.example.com/?token=planted-4711'],
    ['nodeMirror', 'https:///path'],
    ['nodeMirror', 'file://opt/mirror'],
    ['nodeMirror', 'file:///opt/$(id)'],
    ['nodeMirror', 'ftp://mirror.example.com'],
    ['nodeMirror', '--proxy=evil'],
  ])('keeps the default for %s=%j, and says which option it was', async (option, value) => {
    const { file, stderr, output } = await options({ [variable(option)]: value });
    expect(file).toEqual(defaults);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(
        new RegExp(`^registry-login: warning: the option ${option} is not valid and is ignored: expected `),
      ),
    ]);
    expect(output).not.toContain('planted-4711');
  });

  const hostile = [
    '$(touch pwned)',
    '`touch pwned`',
    '"; touch pwned; "',
    "'; touch pwned; '",
    'warn\nonFailure=fail',
    '30\ntimeout=600',
    '*',
    '../../..',
    '-n',
    '%s%n',
    '\\',
    '\u001b[31mred',
    '${IFS}',
    'x'.repeat(100_000),
    'é',
  ];
  it.each(hostile.map((value) => [value.slice(0, 40), value] as const))(
    'evaluates and prints nothing of %j in any option',
    async (_, value) => {
      const env = Object.fromEntries(Object.keys(defaults).map((option) => [variable(option), value]));
      const { lines, file, output } = await options(env);
      expect(lines).toHaveLength(Object.keys(defaults).length);
      expect(file).toEqual({
        ...defaults,
        ...(value.startsWith('xxx') ? { expect: value, insecureRegistries: value } : {}),
      });
      if (value.length > 2) expect(output).not.toContain(value);
      expect(await sandbox.leftovers()).not.toContain('pwned');
      await expect(stat(join(sandbox.path, 'pwned'))).rejects.toThrow('ENOENT');
    },
  );
});
