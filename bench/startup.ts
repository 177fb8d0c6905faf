import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { interleave, type Timed } from './measure.ts';
import { loginProgram, setsFor } from './sets.ts';
import type { Section } from './table.ts';

/** How long it takes to begin: `--dry-run` does everything but send and write. */
export async function compareStarts(home: string): Promise<Section> {
  const empty = join(home, 'empty.mjs');
  await writeFile(empty, '');
  const env = { HOME: home, PATH: '/usr/bin:/bin' };
  const sets = setsFor(['a.example.com', 'b.example.com:5000', 'docker.io']);
  const programs: Timed[] = [
    { label: 'node with an empty file', command: [process.execPath, empty], env },
    { label: 'registry-login --version', command: [process.execPath, loginProgram, '--version'], env },
    {
      label: 'login --dry-run with 3 Basic sets',
      command: [process.execPath, loginProgram, 'login', '--dry-run'],
      env: { ...env, ...sets },
    },
  ];
  return {
    title: 'Start-up',
    timings: await interleave(
      programs.map((run) => ({ label: run.label, runs: [run] })),
      25,
    ),
  };
}
