import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A real home in a directory of its own, removed when the block ends. */
export interface TemporaryHome extends Disposable {
  readonly path: string;
  /** `<home>/.docker/config.json`, there or not. */
  readonly configFile: string;
  /** `<home>/state`, there or not. */
  readonly stateDirectory: string;
  /** Writes a file below the home with exactly this mode, and the directories above it; returns its path. */
  write(name: string, contents: string | Uint8Array, mode?: number): string;
  /** All that is below the home, sorted; directories end in a slash. */
  list(): string[];
}

export function temporaryHome(): TemporaryHome {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'registry-login-test-')));
  return {
    path,
    configFile: join(path, '.docker', 'config.json'),
    stateDirectory: join(path, 'state'),
    write(name, contents, mode = 0o600) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, contents);
      chmodSync(file, mode);
      return file;
    },
    list() {
      return readdirSync(path, { recursive: true, encoding: 'utf8' })
        .map((name) => (lstatSync(join(path, name)).isDirectory() ? `${name}/` : name))
        .toSorted();
    },
    [Symbol.dispose]() {
      rmSync(path, { recursive: true, force: true });
    },
  };
}

export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
