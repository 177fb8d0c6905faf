/**
 * Draws docs/typical-run.svg: what dist/registry-login.js prints, run as in a codespace against registries in this process. With `--check`
 * nothing is written, and a picture that differs from what is printed now ends with 1.
 */
import { readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { drawTerminal } from './terminal-picture.ts';
import { temporaryHome } from '../test/support/temporary-home.ts';
import { startTypicalRegistries, typicalSets, variablesOf } from '../test/support/typical-registries.ts';

const root = path.join(import.meta.dirname, '..');
const picture = path.join(root, 'docs', 'typical-run.svg');

/** Two logins that work, one whose token is not accepted, and a set with a wrong name in it. */
async function typicalRun(): Promise<string> {
  using home = temporaryHome();
  await using registries = await startTypicalRegistries(home);
  home.write('bin/.keep', '');
  const helper = 'docker-credential-registry-login';
  await symlink(path.join(root, 'dist', `${helper}.js`), path.join(home.path, 'bin', helper));
  const { ACR, ECR, GHCR } = typicalSets;
  const result = await execa(process.execPath, [path.join(root, 'dist', 'registry-login.js')], {
    env: {
      ...registries.env,
      ...variablesOf({ ACR, ECR, GHCR: { ...GHCR, password: 'an-old-token' } }),
      GAR_CONTAINER_REGISTRY_SERVER: 'europe-west3-docker.pkg.dev',
      GAR_CONTAINER_REGISTRY_USER: '_json_key',
      GAR_CONTAINER_REGISTRY_PASS: 'a-key-file',
      HOME: home.path,
      PATH: path.join(home.path, 'bin'),
      CODESPACES: 'true',
      CODESPACE_NAME: 'fluffy-space-waffle-abc123',
    },
    extendEnv: false,
    reject: false,
    timeout: 60_000,
  });
  if (result.exitCode !== 1 || result.stderr !== '')
    throw new Error(`exit ${result.exitCode}: ${result.stderr}`);
  if (/\d:\d{5}|\/tmp\//.test(result.stdout)) throw new Error(`not the same each time:\n${result.stdout}`);
  return `$ registry-login\n${result.stdout}`;
}

const svg = drawTerminal(
  'What registry-login prints: two logins that work, and what to do about two that do not',
  await typicalRun(),
);
if (process.argv.includes('--check')) {
  const drawn = await readFile(picture, 'utf8').catch(() => '');
  if (drawn !== svg) {
    console.error(
      'docs/typical-run.svg is not what registry-login prints now. Run: node scripts/render-demo.ts',
    );
    process.exitCode = 1;
  }
} else {
  await writeFile(picture, svg);
}
