import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { helperName, type HelperPresence } from '../core/placement.ts';
import type { Environment } from './system.ts';

/** Directories that npm puts on PATH for one run (npm 11 `libnpmexec`: `_npx` in its cache; `npm run`: `node_modules/.bin`). */
const passingDirectory = /[\\/](?:_npx|node_modules)[\\/]/;

export function helperPresence(env: Environment): HelperPresence {
  const program = `docker-credential-${helperName}`;
  if (findOnPath(env, program, (directory) => !passingDirectory.test(`${directory}/`)) !== null)
    return 'lasting';
  return findOnPath(env, program) === null ? 'missing' : 'passing';
}

/** The absolute path of an executable file of this name in a directory of `PATH`, or null. */
export function findOnPath(
  env: Environment,
  name: string,
  mayUse = (_directory: string): boolean => true,
): string | null {
  for (const directory of (env['PATH'] ?? '').split(delimiter)) {
    if (!isAbsolute(directory) || !mayUse(directory)) continue;
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not in this directory.
    }
  }
  return null;
}
