/**
 * Lays out the collection that `devcontainer features test`, `package` and `publish` use, and packages it.
 *
 * `node scripts/stage.ts --check` writes nothing to the project and fails where `devcontainer-collection.json` or the Feature's version is out of date.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';

const project = join(import.meta.dirname, '..');
const dist = join(project, 'dist');
const feature = join(project, 'features/registry-login');
const collectionFile = join(project, 'devcontainer-collection.json');

/** The account on GitHub under which the Feature and its documentation are published. */
const owner = 'OWNER';

/**
 * Stages `dist/collection` from `features/`, `test/features/` and the bundle in `dist/`, as real files since a link would be packaged as a
 * dangling one; packages it as `dist/devcontainer-feature-registry-login.tgz`; brings `devcontainer-collection.json` up to date.
 *
 * @throws Error when the bundle is missing or the Feature's version is not the package's.
 */
export async function stageCollection(): Promise<void> {
  await checkVersion();
  const collection = join(dist, 'collection');
  await rm(collection, { recursive: true, force: true });
  await stageFeature(join(collection, 'src/registry-login'), dist);
  await cp(join(project, 'test/features/registry-login'), join(collection, 'test/registry-login'), {
    recursive: true,
    dereference: true,
  });
  await inTemporaryFolder(async (folder) => {
    // The page links to the Feature's JSON by its path below the working directory.
    await cp(feature, join(folder, 'features/registry-login'), { recursive: true });
    const names = [
      '-n',
      `${owner}/registry-login`,
      '--github-owner',
      owner,
      '--github-repo',
      'registry-login',
    ];
    await devcontainer(['features', 'generate-docs', '-p', 'features', ...names], folder);
    await cp(
      join(folder, 'features/registry-login/README.md'),
      join(collection, 'src/registry-login/README.md'),
    );
  });
  await inTemporaryFolder(async (output) => {
    await devcontainer(['features', 'package', '-f', '-o', output, join(collection, 'src')]);
    const archive = 'devcontainer-feature-registry-login.tgz';
    await cp(join(output, archive), join(dist, archive));
    const generated = await readJson(join(output, 'devcontainer-collection.json'));
    if (!isDeepStrictEqual(generated, await readJson(collectionFile))) {
      await writeFile(collectionFile, `${JSON.stringify(generated, null, 2)}\n`);
    }
  });
}

/**
 * Lays out one Feature folder: what is in `features/registry-login`, the licence, and the bundle's files.
 *
 * @param bundle the folder whose `*.js` files are the bundle
 */
async function stageFeature(target: string, bundle: string): Promise<void> {
  const scripts = (await readdir(bundle)).filter((name) => name.endsWith('.js'));
  for (const entry of ['registry-login.js', 'docker-credential-registry-login.js']) {
    if (!scripts.includes(entry)) {
      throw new Error(`${join(bundle, entry)} is missing: build the bundle before the collection is staged.`);
    }
  }
  await mkdir(target, { recursive: true });
  await cp(feature, target, { recursive: true, dereference: true });
  await cp(join(project, 'LICENSE'), join(target, 'LICENSE'));
  await cp(join(bundle, 'THIRD-PARTY-NOTICES.txt'), join(target, 'THIRD-PARTY-NOTICES.txt'));
  await Promise.all(scripts.map((name) => cp(join(bundle, name), join(target, name), { dereference: true })));
}

/** @throws Error when `devcontainer-collection.json` is not what the Feature's own JSON makes of it. */
export async function checkCollection(): Promise<void> {
  await checkVersion();
  await inTemporaryFolder(async (output) => {
    await devcontainer(['features', 'package', '-f', '-o', output, feature]);
    const generated = await readJson(join(output, 'devcontainer-collection.json'));
    if (!isDeepStrictEqual(generated, await readJson(collectionFile))) {
      throw new Error('devcontainer-collection.json is out of date: run "npm run build" and commit it.');
    }
  });
}

async function checkVersion(): Promise<void> {
  const versions = await Promise.all(
    [join(project, 'package.json'), join(feature, 'devcontainer-feature.json')].map(async (file) => {
      const { version } = (await readJson(file)) as { version?: unknown };
      return version;
    }),
  );
  if (versions[0] !== versions[1]) {
    throw new Error(
      `package.json has version ${String(versions[0])}, devcontainer-feature.json ${String(versions[1])}: they are released together.`,
    );
  }
}

async function devcontainer(args: readonly string[], cwd: string = project): Promise<void> {
  const cli = join(project, 'node_modules/@devcontainers/cli/devcontainer.js');
  await promisify(execFile)(process.execPath, [cli, ...args], { cwd });
}

async function inTemporaryFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'registry-login-stage-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The parsed file, or undefined where there is none. */
async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${file} cannot be read as JSON.`, { cause: error });
  }
}

if (import.meta.main) {
  await (process.argv.includes('--check') ? checkCollection() : stageCollection());
}
