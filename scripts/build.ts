/** Builds dist/: the two programs (one entry, told apart by the name they are called by) with their lazily loaded chunks, the report's JSON Schema, and the staged collection. */
import { chmod, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { reportSchema } from '../src/core/report-schema.ts';
import { builtinBanner, builtinModules } from './builtin-modules.ts';
import { thirdPartyNotices } from './notices.ts';
import { stageCollection } from './stage.ts';

const root = new URL('..', import.meta.url).pathname;
const dist = `${root}dist`;

await rm(dist, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: {
    'registry-login': 'src/main.ts',
    'docker-credential-registry-login': 'src/main.ts',
  },
  outdir: dist,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // The AWS SDK's ES modules can be shaken; its CommonJS builds, which `platform: node` would prefer, cannot.
  mainFields: ['module', 'main'],
  // Names stay, for stack traces: esbuild's keepNames, which brings back minified ones, costs a call per function at start.
  minifyWhitespace: true,
  minifySyntax: true,
  chunkNames: '[name]-[hash]',
  // proper-lockfile calls it by default. It helps with too many open files, which this program never has, and takes milliseconds to load.
  alias: { 'graceful-fs': 'node:fs' },
  banner: { js: builtinBanner },
  plugins: [builtinModules(/\/src\/.*\.ts$/)],
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
});
for (const program of ['registry-login.js', 'docker-credential-registry-login.js']) {
  await chmod(`${dist}/${program}`, 0o755);
}
await writeFile(`${dist}/report.schema.json`, `${JSON.stringify(reportSchema, null, 2)}\n`);
await writeFile(
  `${dist}/THIRD-PARTY-NOTICES.txt`,
  await thirdPartyNotices(root, Object.keys(metafile.inputs)),
);
await stageCollection();
