import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly uses?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly permissions?: unknown;
  readonly on: Readonly<Record<string, unknown>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const root = path.join(import.meta.dirname, '..');
const folder = path.join(root, '.github/workflows');
const files = readdirSync(folder);

function read(file: string): { text: string; workflow: Workflow } {
  const text = readFileSync(path.join(folder, file), 'utf8');
  return { text, workflow: parse(text) as Workflow };
}

const jobs = files.flatMap((file) =>
  Object.entries(read(file).workflow.jobs).map(([name, job]) => ({ file, name, job })),
);
const steps = jobs.flatMap(({ file, name, job }) =>
  (job.steps ?? []).map((step, index) => ({ file, job: name, index, step })),
);

test('there are workflows for tests and for releases', () => {
  expect(files.toSorted()).toEqual(['release.yml', 'test.yml']);
});

describe.each(files)('%s', (file) => {
  test('gives no permission to all of its jobs', () => {
    expect(read(file).workflow.permissions).toEqual({});
  });

  test('names the version beside each pinned commit', () => {
    const { text } = read(file);
    for (const line of text.split('\n').filter((one) => /uses: [^.]/.test(one))) {
      expect(line).toMatch(/uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  test('is not started by what a stranger may send with the rights of this repository', () => {
    expect(Object.keys(read(file).workflow.on)).not.toContain('pull_request_target');
    expect(Object.keys(read(file).workflow.on)).not.toContain('workflow_run');
  });
});

test('an action stands for one commit everywhere', () => {
  const commits = new Map<string, Set<string>>();
  for (const uses of steps.flatMap(({ step }) => step.uses ?? [])) {
    const [action = '', commit = ''] = uses.split('@');
    commits.set(action, (commits.get(action) ?? new Set()).add(commit));
  }
  expect([...commits].filter(([, pinned]) => pinned.size > 1)).toEqual([]);
});

describe.each(jobs)('$file: $name', ({ job }) => {
  test('names its permissions', () => {
    expect(job.permissions).toBeDefined();
  });

  test('ends in time', () => {
    expect(job.uses ?? job['timeout-minutes']).toBeDefined();
  });
});

describe.each(steps)('$file: step $index of $job', ({ step }) => {
  test('is an action at a commit, or a command', () => {
    if (step.uses === undefined) expect(step.run).toBeTypeOf('string');
    else expect(step.uses).toMatch(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/);
  });

  test('puts no expression into a command', () => {
    expect(step.run ?? '').not.toContain('${{');
  });

  test('leaves no token behind in the checkout', () => {
    if (step.uses?.startsWith('actions/checkout@') === true) {
      expect(step.with?.['persist-credentials']).toBe(false);
    }
  });
});

test('only the job that publishes may write, and it installs without install scripts', () => {
  const writers = jobs.filter(({ job }) => Object.values(job.permissions ?? {}).includes('write'));
  expect(writers.map(({ file, name }) => `${file}: ${name}`)).toEqual(['release.yml: publish']);
  const commands = (writers[0]?.job.steps ?? []).flatMap(({ run }) => run ?? []).join('\n');
  expect(commands).not.toMatch(/npm (?:ci|install)(?!.*--ignore-scripts)/);
  expect(commands).not.toMatch(/npm (?:test|run)/);
});

test('tests run on x64 and arm64, by the one command that everybody runs', () => {
  const job = read('test.yml').workflow.jobs['test'] as Job & { strategy: { matrix: { machine: string[] } } };
  expect(job.strategy.matrix.machine).toEqual(['ubuntu-24.04', 'ubuntu-24.04-arm']);
  expect((job.steps ?? []).flatMap(({ run }) => run ?? [])).toEqual(['npm test']);
});

test('every script that a workflow calls is there', () => {
  const commands = steps.flatMap(({ step }) => step.run ?? []).join('\n');
  const scripts = [...commands.matchAll(/scripts\/[\w./-]+\.(?:ts|sh)/g)].map(([script]) => script);
  expect(scripts).not.toEqual([]);
  for (const script of scripts) expect(() => readFileSync(path.join(root, script))).not.toThrow();
});

test('Dependabot keeps npm and the actions up to date, some days after each release', () => {
  const { updates } = parse(readFileSync(path.join(root, '.github/dependabot.yml'), 'utf8')) as {
    updates: { 'package-ecosystem': string; cooldown: unknown }[];
  };
  expect(updates.map((update) => update['package-ecosystem'])).toEqual(['npm', 'github-actions']);
  for (const { cooldown } of updates) expect(cooldown).toEqual({ 'default-days': 7 });
});
