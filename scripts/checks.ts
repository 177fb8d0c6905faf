import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly timeoutMs?: number;
}

/** Every shell script that git knows or would add, by its name or by being the CI's entry. */
async function shellScripts(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('git', [
    'ls-files',
    '--cached',
    '--others',
    '--exclude-standard',
    '--',
    '*.sh',
    '.ci/run',
  ]);
  return stdout.split('\n').filter((file) => file !== '');
}

/** The static checks; each counts as one test. */
export async function checks(): Promise<Check[]> {
  return [
    { name: 'typecheck', command: ['tsc', '--noEmit'] },
    { name: 'lint', command: ['oxlint', '--type-aware'] },
    { name: 'format', command: ['oxfmt', '--check'] },
    { name: 'unused', command: ['knip'] },
    { name: 'drift', command: ['node', 'scripts/stage.ts', '--check'] },
    { name: 'docs', command: ['node', 'scripts/generate-docs.ts', '--check'] },
    {
      name: 'shellcheck',
      // 69 is what the scripts in scripts/host end with where something cannot be had.
      command: [
        'sh',
        '-c',
        'command -v shellcheck >/dev/null || exit 69; exec shellcheck -x "$@"',
        'sh',
        ...(await shellScripts()),
      ],
    },
  ];
}
