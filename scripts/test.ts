import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checks, type Check } from './checks.ts';
import { run, stopAll } from './run-part.ts';
import { countVitest, type Tally } from './vitest-tally.ts';

const parts = ['static', 'unit', 'engine'] as const;
type Part = (typeof parts)[number];

const minute = 60_000;
/** For all parts together; CI ends a run after an hour, without a closing line. */
const timeLimitMs = 55 * minute;
/** How the scripts in scripts/host end where this machine lacks something that they cannot get. */
const unavailable = 69;
/** The end of this runner, told from every crash of Node itself. */
const exitCodes = { passed: 0, failed: 20, usage: 21 };

const total: Tally = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];

function report(name: string, tally: Tally, durationMs: number, isThere = true): void {
  total.passed += tally.passed;
  total.failed += tally.failed;
  total.skipped += tally.skipped;
  if (tally.failed > 0) failures.push(name);
  const isSkipped = !isThere || (tally.skipped > 0 && tally.passed === 0);
  const verdict = tally.failed > 0 ? 'FAILED' : isSkipped ? 'skipped' : 'ok';
  const counts = `${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`;
  console.log(
    `${verdict.padEnd(8)}${name.padEnd(16)}${(durationMs / 1000).toFixed(1).padStart(7)} s  ${counts}`,
  );
}

/** What a machine lacks is no failure, but for CI, which has to have everything. */
function isExcused(exitCode: number | null): boolean {
  return exitCode === unavailable && process.env['CI'] !== 'true';
}

async function check({ name, command, timeoutMs = 5 * minute }: Check): Promise<boolean> {
  const { exitCode, output, durationMs } = await run(command, { timeoutMs });
  const passed = exitCode === 0;
  const excused = isExcused(exitCode);
  if (!passed) console.log(output.trimEnd());
  report(
    name,
    { passed: passed ? 1 : 0, failed: passed || excused ? 0 : 1, skipped: excused ? 1 : 0 },
    durationMs,
  );
  return passed;
}

async function vitest(project: 'unit' | 'engine', timeoutMs: number): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'registry-login-test-'));
  try {
    const file = path.join(folder, 'report.json');
    const reporter = project === 'engine' ? 'verbose' : 'default';
    const { exitCode, durationMs } = await run(
      [
        'vitest',
        'run',
        '--project',
        project,
        `--reporter=${reporter}`,
        '--reporter=json',
        `--outputFile.json=${file}`,
      ],
      { timeoutMs, show: true },
    );
    const json = await readFile(file, 'utf8').catch(() => null);
    report(project, countVitest(json, exitCode), durationMs);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function engineTestCount(): Promise<number> {
  const { exitCode, output } = await run(['vitest', 'list', '--project', 'engine', '--json'], {
    timeoutMs: 5 * minute,
  });
  if (exitCode !== 0) throw new Error(`vitest cannot list the engine tests:\n${output}`);
  return (JSON.parse(output.slice(output.indexOf('['))) as unknown[]).length;
}

/** Brings something to this machine. That is no test: it counts only where it fails. Returns the output, or null where there is none to work with. */
async function prepare(name: string, script: readonly [string, ...string[]]): Promise<string | null> {
  const { exitCode, output, durationMs } = await run(['sh', ...script], {
    timeoutMs: 15 * minute,
    show: true,
  });
  const failed = exitCode === 0 || isExcused(exitCode) ? 0 : 1;
  report(name, { passed: 0, failed, skipped: 0 }, durationMs, exitCode === 0);
  return exitCode === 0 ? output : null;
}

async function engine(): Promise<void> {
  const host = await prepare('engine host', ['scripts/host/setup.sh']);
  if (host === null) {
    report('engine', { passed: 0, failed: 0, skipped: await engineTestCount() }, 0);
    console.log(
      'The engine tests need what is named above: run `sh scripts/host/setup.sh` as root on Debian or Ubuntu, then `npm test -- engine`.',
    );
    return;
  }
  try {
    await vitest('engine', 35 * minute);
  } finally {
    if (host.includes('started dockerd')) {
      await run(['sh', 'scripts/host/stop.sh'], { timeoutMs: minute, show: true });
    }
  }
}

async function main(chosen: ReadonlySet<string>): Promise<void> {
  const wants = (part: Part): boolean => chosen.size === 0 || chosen.has(part);
  if (wants('static') || wants('unit')) await prepare('tools', ['scripts/host/packages.sh', 'tools']);
  if (wants('static')) for (const one of await checks()) await check(one);
  // The unit tests run the built bundle too, and the engine tests install it.
  const built = await check({ name: 'build', command: ['node', 'scripts/build.ts'] });
  if (!built) console.log('Without a build the bundle that is tested may be an old one.');
  if (wants('static'))
    await check({ name: 'picture', command: ['node', 'scripts/render-demo.ts', '--check'] });
  if (wants('unit')) await vitest('unit', 15 * minute);
  if (wants('engine')) await engine();
}

/** Ends everything at once, for a reason that no part is to blame for. */
function abort(reason: string): void {
  report(reason, { passed: 0, failed: 1, skipped: 0 }, 0);
  close();
}

function close(): void {
  stopAll();
  if (failures.length > 0) console.log(`\nfailed: ${failures.join(', ')}`);
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exit(total.failed > 0 ? exitCodes.failed : exitCodes.passed);
}

const chosen = new Set(process.argv.slice(2));
if ([...chosen].some((name) => !(parts as readonly string[]).includes(name))) {
  console.error(`usage: npm test [-- ${parts.join(' | ')}]...`);
  process.exit(exitCodes.usage);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    abort(`stopped by ${signal}`);
  });
}
setTimeout(() => {
  abort('time limit');
}, timeLimitMs).unref();
try {
  await main(chosen);
} catch (error) {
  console.error(error);
  abort('test runner');
}
close();
