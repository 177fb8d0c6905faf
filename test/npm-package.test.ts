import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };

/** The npm package as it would be published: packed from dist/, installed into a prefix of its own without any network. */
const root = path.join(import.meta.dirname, '..');
let folder: string;
let prefix: string;
let files: string[];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'registry-login-npm-'));
  prefix = path.join(folder, 'prefix');
  const env = { npm_config_cache: path.join(folder, 'cache'), npm_config_update_notifier: 'false' };
  const packed = await execa('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
    env,
  });
  const [archive] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }];
  files = archive.files.map((file) => file.path);
  const install = [
    'install',
    '--global',
    '--prefix',
    prefix,
    '--offline',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
  ];
  await execa('npm', [...install, path.join(folder, archive.filename)], { cwd: folder, env });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(
  program: string,
  args: readonly string[],
  options: { input?: string; node?: readonly string[] } = {},
) {
  const file = path.join(prefix, 'bin', program);
  return await execa(process.execPath, [...(options.node ?? []), file, ...args], {
    input: options.input ?? '',
    reject: false,
    extendEnv: false,
    env: { HOME: folder, PATH: '/nowhere', REGISTRY_LOGIN_SECRETS_DIR: folder },
  });
}

describe('the npm package', () => {
  test('holds the bundle, the schema, the notices and the documents that npm shows, and nothing else', () => {
    const others = files.filter((file) => !/^dist\/[\w.-]+\.js$/.test(file));
    expect(others.toSorted()).toEqual([
      'LICENSE',
      'README.md',
      'dist/THIRD-PARTY-NOTICES.txt',
      'dist/report.schema.json',
      'package.json',
    ]);
    expect(files).toEqual(
      expect.arrayContaining(['dist/registry-login.js', 'dist/docker-credential-registry-login.js']),
    );
  });

  test('depends on nothing at run time', () => {
    const installed = path.join(prefix, 'lib/node_modules');
    expect(readdirSync(installed)).toEqual(['devcontainer-registry-login']);
    expect(readdirSync(path.join(installed, 'devcontainer-registry-login'))).not.toContain('node_modules');
    expect(packageJson).not.toHaveProperty('dependencies');
  });

  test('names the commands and the Node.js that it needs', () => {
    const { bin, engines } = JSON.parse(
      readFileSync(path.join(prefix, 'lib/node_modules/devcontainer-registry-login/package.json'), 'utf8'),
    ) as typeof packageJson;
    expect(Object.keys(bin)).toEqual([
      'devcontainer-registry-login',
      'registry-login',
      'docker-credential-registry-login',
    ]);
    expect(engines).toEqual({ node: '>=22' });
  });

  test('has a command that runs', async () => {
    expect(await run('registry-login', ['--version'])).toMatchObject({
      exitCode: 0,
      stdout: packageJson.version,
    });
    expect(await run('registry-login', [])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('No registry secrets here.') as string,
    });
  });

  test('runs by its own name under npx, which takes no other of several commands', async () => {
    const [archive = ''] = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
    const env = { npm_config_cache: path.join(folder, 'cache'), npm_config_offline: 'true' };
    const { stdout } = await execa('npx', ['--yes', `./${archive}`, '--version'], { cwd: folder, env });
    expect(stdout).toBe(packageJson.version);
  });

  test('says which Node.js it needs where an older one lacks something', async () => {
    const older = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' });
      Object.hasOwn = () => { throw new TypeError('Object.hasOwn is not a function') };`;
    const node = ['--import', `data:text/javascript,${encodeURIComponent(older)}`];
    expect(await run('registry-login', ['status'], { node })).toMatchObject({
      exitCode: 1,
      stderr: 'registry-login: Node.js 22 or later is needed, and this is 20.20.2.',
    });
  });

  test('has a credential helper that speaks docker’s protocol', async () => {
    expect(await run('docker-credential-registry-login', ['list'])).toMatchObject({
      exitCode: 0,
      stdout: '{}',
    });
    expect(
      await run('docker-credential-registry-login', ['get'], { input: 'registry.example.com' }),
    ).toMatchObject({
      exitCode: 1,
      stdout: 'credentials not found in native keychain',
    });
  });
});
