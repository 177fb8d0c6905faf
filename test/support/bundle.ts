import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ended, type ProcessResult } from './run-process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const registryLogin = join(root, 'dist', 'registry-login.js');
export const credentialHelper = join(root, 'dist', 'docker-credential-registry-login.js');

/** Throws where the bundle is missing or older than what it is made from: a test of it would test something else. */
export function requireBundle(): void {
  if (!existsSync(registryLogin)) throw new Error('dist/ is missing: npm run build');
  const built = statSync(registryLogin).mtimeMs;
  const newer = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).find((name) => {
    const stats = statSync(join(root, 'src', name));
    return stats.isFile() && stats.mtimeMs > built;
  });
  if (newer !== undefined) throw new Error(`dist/ is older than src/${newer}: npm run build`);
}

export interface BundleProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly result: Promise<ProcessResult>;
}

/** Starts a program of the bundle with exactly this environment. `nodeArgs` go before it. */
export function startBundle(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  { input = '', nodeArgs = [] }: { input?: string; nodeArgs?: readonly string[] } = {},
): BundleProcess {
  const child = spawn(process.execPath, [...nodeArgs, program, ...args], { env: { ...env }, stdio: 'pipe' });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return { child, result: ended(child) };
}

export async function runBundle(...parameters: Parameters<typeof startBundle>): Promise<ProcessResult> {
  return startBundle(...parameters).result;
}

export interface TracedProcess extends ProcessResult {
  /** Paths of all files that were loaded. */
  readonly files: readonly string[];
  /** Node's own modules that were loaded beyond those of an empty program that reads stdin and writes stdout: `tls`, `child_process` … */
  readonly builtins: readonly string[];
}

/** Runs it as `runBundle` does and tells what was loaded. Writes into `directory`. */
export async function traceModules(
  directory: string,
  ...[program, args, env, options]: Parameters<typeof startBundle>
): Promise<TracedProcess> {
  const empty = join(directory, 'empty.mjs');
  writeFileSync(empty, "for await (const _ of process.stdin);\nprocess.stdout.write('');\nprocess.stderr;\n");
  const baseline = await trace(directory, empty, [], env, options);
  const traced = await trace(directory, program, args, env, options);
  return { ...traced, builtins: traced.builtins.filter((name) => !baseline.builtins.includes(name)) };
}

async function trace(
  directory: string,
  ...[program, args, env, options]: Parameters<typeof startBundle>
): Promise<TracedProcess> {
  const hooks = join(directory, 'trace-modules.mjs');
  const list = join(directory, 'modules.json');
  writeFileSync(
    hooks,
    `import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
const files = [];
registerHooks({
  load(url, context, next) {
    if (url.startsWith('file:')) files.push(new URL(url).pathname);
    return next(url, context);
  },
});
process.on('exit', () => writeFileSync(${JSON.stringify(list)}, JSON.stringify({ files, loaded: process.moduleLoadList })));
`,
  );
  const result = await runBundle(program, args, env, { ...options, nodeArgs: ['--import', hooks] });
  const { files, loaded } = JSON.parse(readFileSync(list, 'utf8')) as { files: string[]; loaded: string[] };
  const builtins = loaded.flatMap((entry) => /^NativeModule (?!internal\/)(.+)$/.exec(entry)?.[1] ?? []);
  return { ...result, files, builtins };
}

/** Words that stand in the code of a package, minified or not. */
const signatures = {
  zod: /Zod(?:Mini)?String/,
  execa: /ExecaError/,
  'AWS SDK': /SpencerFrontendService|AmazonEC2ContainerRegistry_V/,
  undici: /UND_ERR_ABORTED/,
  'proper-lockfile': /ECOMPROMISED/,
} as const;

/** Which of the heavy packages are in these files. */
export function packagesIn(files: readonly string[]): string[] {
  const texts = files.map((file) => readFileSync(file, 'utf8'));
  return Object.entries(signatures).flatMap(([name, words]) =>
    texts.some((text) => words.test(text)) ? [name] : [],
  );
}
