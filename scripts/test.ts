import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checks, type Check } from './checks.ts';
import { run, stopAll } from './run-part.ts';
import { countVitest, type Tally } from './vitest-tally.ts';

const parts = ['static', 'unit', 'engine'] as const;
type Part = (typeof parts)[number];

const minute = 60_000;
/** How the scripts in scripts/host end where this machine lacks something that they cannot get. */
const unavailable = 69;
/** The end of this runner, told from every crash of Node itself. */
const exitCodes = { passed: 0, failed: 20, usage: 21 };

const total: Tally = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];

function report(name: string, tally: Tally, durationMs: number): void {
  total.passed += tally.passed;
  total.failed += tally.failed;
  total.skipped += tally.skipped;
  if (tally.failed > 0) failures.push(name);
  const verdict = tally.failed > 0 ? 'FAILED' : tally.passed > 0 ? 'ok' : 'skipped';
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

async function engine(): Promise<void> {
  const { exitCode, output, durationMs } = await run(['sh', 'scripts/host/setup.sh'], {
    timeoutMs: 15 * minute,
    show: true,
  });
  if (exitCode === 0) {
    report('engine host', { passed: 1, failed: 0, skipped: 0 }, durationMs);
    try {
      await vitest('engine', 35 * minute);
    } finally {
      if (output.includes('started dockerd'))
        await run(['sh', 'scripts/host/stop.sh'], { timeoutMs: minute, show: true });
    }
    return;
  }
  const excused = isExcused(exitCode);
  const skipped = await engineTestCount();
  report('engine host', { passed: 0, failed: excused ? 0 : 1, skipped: excused ? 1 : 0 }, durationMs);
  report('engine', { passed: 0, failed: 0, skipped }, 0);
  console.log(
    'The engine tests need what is named above: run `sh scripts/host/setup.sh` as root on Debian or Ubuntu, then `npm test -- engine`.',
  );
}

async function main(chosen: ReadonlySet<string>): Promise<void> {
  const wants = (part: Part): boolean => chosen.size === 0 || chosen.has(part);
  if (wants('static')) for (const one of await checks()) await check(one);
  // The unit tests run the built bundle too, and the engine tests install it.
  const built = await check({ name: 'build', command: ['node', 'scripts/build.ts'] });
  if (!built) console.log('Without a build the bundle that is tested may be an old one.');
  if (wants('unit')) await vitest('unit', 15 * minute);
  if (wants('engine')) await engine();
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
    report(`stopped by ${signal}`, { passed: 0, failed: 1, skipped: 0 }, 0);
    close();
  });
}
try {
  await main(chosen);
} catch (error) {
  console.error(error);
  report('test runner', { passed: 0, failed: 1, skipped: 0 }, 0);
}
close();
