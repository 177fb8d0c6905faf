import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };

const run = promisify(execFile);
const project = join(import.meta.dirname, '..');

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

describe('the npm package', () => {
  let folder: string;
  let packed: Packed;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'registry-login-package-'));
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
    const { stdout } = await run('npm', args, { cwd: project });
    const answer = JSON.parse(stdout) as Packed[] | Record<string, Packed>;
    packed = Object.values(answer)[0] as Packed;
  });

  afterAll(async () => rm(folder, { recursive: true, force: true }));

  test('runs by its own name under npx, which takes no other of several commands', async () => {
    const tarball = `./${packed.filename}`;
    const env = { ...process.env, npm_config_cache: join(folder, 'cache'), npm_config_offline: 'true' };
    const { stdout } = await run('npx', ['--yes', tarball, '--version'], { cwd: folder, env });
    expect(stdout.trim()).toBe(packageJson.version);
  });

  test('needs no other package', () => {
    expect(packageJson).not.toHaveProperty('dependencies');
    expect(packageJson).not.toHaveProperty('optionalDependencies');
  });

  test('holds the bundle, its schema and the licences, and nothing else', () => {
    const rest = packed.files.map(({ path }) => path).filter((path) => !/^dist\/[\w.-]+\.js$/.test(path));
    const expected = ['LICENSE', 'README.md', 'dist/THIRD-PARTY-NOTICES.txt', 'dist/report.schema.json', 'package.json'];
    expect(rest.toSorted()).toStrictEqual(expected);
  });
});
