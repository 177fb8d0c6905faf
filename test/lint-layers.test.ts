import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Each is a file of its own with this one statement. */
const statements = [
  { in: 'core', allowed: true, statement: "export { x } from './other.ts';" },
  { in: 'core', allowed: true, statement: "import json from '../../package.json' with { type: 'json' };" },
  { in: 'core', allowed: true, statement: "import * as z from 'zod/mini';" },
  { in: 'core', allowed: true, statement: "import { createHmac } from 'node:crypto';" },
  { in: 'core', allowed: false, statement: "import { x } from '../io/system.ts';" },
  { in: 'core', allowed: false, statement: "import type { X } from '../io/system.ts';" },
  { in: 'core', allowed: false, statement: "export { x } from '../commands/login.ts';" },
  { in: 'core', allowed: false, statement: "import { x } from '../cli.ts';" },
  { in: 'core', allowed: false, statement: "export const x = import('../io/system.ts');" },
  { in: 'core', allowed: false, statement: "import { readFileSync } from 'node:fs';" },
  { in: 'core', allowed: false, statement: "import { readFile } from 'fs/promises';" },
  { in: 'core', allowed: false, statement: "import process from 'node:process';" },
  { in: 'core', allowed: false, statement: "import { request } from 'undici';" },
  { in: 'core', allowed: false, statement: "import * as z from 'zod';" },
  { in: 'core', allowed: false, statement: 'export const x = process.env;' },
  { in: 'core', allowed: false, statement: "export const x = fetch('https://registry.example.com');" },
  { in: 'core', allowed: false, statement: 'export const x = Date.now();' },
  { in: 'core', allowed: false, statement: 'export const x = Math.random();' },
  { in: 'core', allowed: false, statement: 'setTimeout(() => {}, 1);' },
  { in: 'core', allowed: false, statement: "console.log('x');" },
  { in: 'io', allowed: true, statement: "import { x } from '../core/secret.ts';" },
  { in: 'io', allowed: true, statement: "import { readFile } from 'node:fs/promises';" },
  { in: 'io', allowed: true, statement: "export const x = import('execa');" },
  { in: 'io', allowed: false, statement: "import { x } from '../commands/login.ts';" },
  { in: 'io', allowed: false, statement: "export const x = import('../commands/login.ts');" },
  { in: 'io', allowed: false, statement: "import { x } from '../cli.ts';" },
  { in: 'io', allowed: false, statement: "import { x } from '../main.ts';" },
  { in: 'io', allowed: false, statement: "import process from 'node:process';" },
  { in: 'io', allowed: false, statement: 'export const x = process.env;' },
  { in: 'io', allowed: false, statement: "import * as z from 'zod';" },
  { in: 'io', allowed: false, statement: "console.log('x');" },
  { in: 'commands', allowed: true, statement: "import { x } from './file-problem.ts';" },
  { in: 'commands', allowed: true, statement: "import { x } from '../core/report.ts';" },
  { in: 'commands', allowed: true, statement: "import { x } from '../io/system.ts';" },
  { in: 'commands', allowed: false, statement: "import { x } from '../cli.ts';" },
  { in: 'commands', allowed: false, statement: "import { x } from '../main.ts';" },
  { in: 'commands', allowed: false, statement: "import { execa } from 'execa';" },
  { in: 'commands', allowed: false, statement: "export const x = import('undici');" },
  { in: 'commands', allowed: false, statement: "import { readFile } from 'node:fs/promises';" },
  { in: 'commands', allowed: false, statement: 'export const x = process.env;' },
];

let scratch: string;
let faulty: ReadonlySet<string>;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'registry-login-lint-'));
  await copyFile(join(root, '.oxlintrc.json'), join(scratch, '.oxlintrc.json'));
  for (const [index, { in: room, statement }] of statements.entries()) {
    const file = join(scratch, 'src', room, `case-${index}.ts`);
    await mkdir(dirname(file), { recursive: true });
    // What is imported and not used is another rule's business.
    const names = /^import (?:type )?(?:\* as )?\{? ?(\w+)/.exec(statement)?.[1];
    await writeFile(
      file,
      `${statement}\n${names === undefined ? '' : `export const used: unknown = ${names === 'X' ? 'null as X | null' : names};\n`}`,
    );
  }
  faulty = new Set(
    (await lint())
      .filter(({ code }) => /no-restricted-|no-console/.test(code))
      .map(({ filename }) => filename),
  );
});

afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('an import, or a global, from the wrong room is a lint error', () => {
  test.each(
    statements.map((one, index) => ({
      ...one,
      file: `src/${one.in}/case-${index}.ts`,
      verdict: one.allowed ? 'may' : 'may not',
    })),
  )('$in $verdict: $statement', ({ file, allowed }) => {
    expect(faulty.has(file)).toBe(!allowed);
  });
});

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
}

function lint(): Promise<readonly Diagnostic[]> {
  return new Promise((resolve, reject) => {
    const program = join(root, 'node_modules/.bin/oxlint');
    execFile(
      program,
      ['--format', 'json', 'src'],
      { cwd: scratch, maxBuffer: 1 << 24 },
      (error, stdout, stderr) => {
        try {
          resolve((JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics);
        } catch {
          reject(new Error(`oxlint: ${stderr}${stdout}`, { cause: error }));
        }
      },
    );
  });
}
