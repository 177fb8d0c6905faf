import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fingerprintFields } from '../../src/core/fingerprint.ts';
import { emptyState, type LoginState, noteSets, withRecord } from '../../src/core/login-state.ts';
import { formatState } from '../../src/core/format-state.ts';
import { StateFileError } from '../../src/io/private-file.ts';
import { readState, stateFilePath, updateState } from '../../src/io/state-file.ts';

const planted = 'planted-hunter2';
const start = { id: 'boot:1', startedAt: 1_700_000_000_000 };
let home: string;
let path: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'registry-login-state-'));
  path = join(home, '.local/state/registry-login/state.json');
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

function note(name: string): (state: LoginState) => LoginState {
  return (state) =>
    noteSets(state, start, new Map([[name, fingerprintFields(state.salt, { PASSWORD: planted })]]));
}

function modeOf(file: string): string {
  return (statSync(file).mode & 0o777).toString(8);
}

function makeDirectory(): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
}

describe('where the state is', () => {
  test.each<[string, Record<string, string | undefined>, string | null, string | null]>([
    ['in ~/.local/state', {}, '/home/u', '/home/u/.local/state/registry-login/state.json'],
    ['in XDG_STATE_HOME', { XDG_STATE_HOME: '/x' }, '/home/u', '/x/registry-login/state.json'],
    [
      'a relative XDG_STATE_HOME is ignored',
      { XDG_STATE_HOME: 'x' },
      '/home/u',
      '/home/u/.local/state/registry-login/state.json',
    ],
    [
      'an empty XDG_STATE_HOME is ignored',
      { XDG_STATE_HOME: '' },
      '/home/u',
      '/home/u/.local/state/registry-login/state.json',
    ],
    ['XDG_STATE_HOME without a home', { XDG_STATE_HOME: '/x' }, null, '/x/registry-login/state.json'],
    ['nowhere without either', {}, null, null],
  ])('%s', (_claim, env, homeDirectory, expected) => {
    expect(stateFilePath(env, homeDirectory)).toBe(expected);
  });
});

describe('the state file', () => {
  test('is nothing before the first login, and reading makes nothing', async () => {
    expect(await readState(path)).toBeNull();
    expect(readdirSync(home)).toEqual([]);
  });

  test('is written 0600 in a directory 0700, whatever the umask, and nothing else is left', async () => {
    const before = process.umask(0o777);
    try {
      // The directories above are the caller's umask's; ours must be usable all the same.
      makeDirectory();
      chmodSync(join(home, '.local'), 0o755);
      chmodSync(join(home, '.local/state'), 0o755);
      chmodSync(dirname(path), 0o700);
      await updateState(path, note('ACR'));
    } finally {
      process.umask(before);
    }
    expect(modeOf(path)).toBe('600');
    expect(modeOf(dirname(path))).toBe('700');
    expect(readdirSync(dirname(path))).toEqual(['state.json']);
    expect([...((await readState(path))?.seen.keys() ?? [])]).toEqual(['ACR']);
  });

  test('has a random salt of its own, and holds nothing of the secret', async () => {
    const one = await updateState(path, note('ACR'));
    const other = await updateState(join(home, 'other/registry-login/state.json'), note('ACR'));
    expect(one.salt).toMatch(/^[0-9a-f]{64}$/);
    expect(other.salt).not.toBe(one.salt);
    const text = readFileSync(path, 'utf8');
    for (const trace of [
      planted,
      Buffer.from(planted).toString('base64'),
      Buffer.from(planted).toString('hex'),
    ]) {
      expect(text).not.toContain(trace);
    }
    // The salt, and nothing else that is longer than a fingerprint.
    expect(text.match(/[0-9a-f]{8,}/g)).toEqual([one.salt]);
  });

  test('keeps its salt', async () => {
    const { salt } = await updateState(path, note('ACR'));
    expect((await updateState(path, note('GAR'))).salt).toBe(salt);
  });

  test('is not written when nothing changed', async () => {
    await updateState(path, note('ACR'));
    const before = statSync(path, { bigint: true });
    await updateState(path, note('ACR'));
    const after = statSync(path, { bigint: true });
    expect([after.ino, after.mtimeNs]).toEqual([before.ino, before.mtimeNs]);
  });

  test.each(['when something changed', 'when nothing changed'])(
    'takes rights from others, %s',
    async (when) => {
      await updateState(path, note('ACR'));
      chmodSync(path, 0o644);
      chmodSync(dirname(path), 0o755);
      await updateState(path, note(when === 'when nothing changed' ? 'ACR' : 'GAR'));
      expect([modeOf(path), modeOf(dirname(path))]).toEqual(['600', '700']);
    },
  );

  test('an edit that throws changes nothing and leaves no lock', async () => {
    await updateState(path, note('ACR'));
    const before = readFileSync(path, 'utf8');
    const edit = () => {
      throw new Error('no');
    };
    await expect(updateState(path, edit)).rejects.toThrow('no');
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(readdirSync(dirname(path))).toEqual(['state.json']);
  });
});

describe('a state file that cannot be used is an error, and stays as it is', () => {
  test.each<[claim: string, content: string | Buffer, message: RegExp]>([
    ['no JSON', `{"salt": ${planted}`, /state\.json is not JSON\. Delete it/],
    ['empty', '', /is not JSON\. Delete it/],
    [
      'another shape',
      JSON.stringify({ schemaVersion: 1, salt: planted }),
      /is not a state file of this version \(at salt\)/,
    ],
    ['a later version', JSON.stringify({ schemaVersion: 2 }), /at schemaVersion/],
    ['no UTF-8', Buffer.from([0xff, 0xfe]), /is not a state file/],
    ['too large', 'x'.repeat(1024 * 1024 + 1), /is not a state file/],
  ])('%s', async (_claim, content, message) => {
    makeDirectory();
    writeFileSync(path, content);
    for (const attempt of [() => readState(path), () => updateState(path, note('ACR'))]) {
      const error: unknown = await attempt().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(StateFileError);
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).not.toContain(planted);
    }
    expect(readFileSync(path).equals(Buffer.from(content))).toBe(true);
  });

  test('a symbolic link is not followed, and what it points to is untouched', async () => {
    makeDirectory();
    const target = join(home, 'target');
    writeFileSync(target, formatState(emptyState('a1'.repeat(32))));
    symlinkSync(target, path);
    await expect(updateState(path, note('ACR'))).rejects.toThrow(/is a symbolic link/);
    expect(readFileSync(target, 'utf8')).toBe(formatState(emptyState('a1'.repeat(32))));
  });

  test('a directory in its place', async () => {
    mkdirSync(path, { recursive: true });
    await expect(readState(path)).rejects.toThrow(/is not a regular file/);
  });

  test('a FIFO in its place does not hang', async () => {
    makeDirectory();
    execFileSync('mkfifo', [path]);
    await expect(updateState(path, note('ACR'))).rejects.toThrow(/is not a regular file/);
  });

  test('a file where a directory should be', async () => {
    writeFileSync(join(home, '.local'), '');
    await expect(readState(path)).rejects.toThrow(StateFileError);
    await expect(updateState(path, note('ACR'))).rejects.toThrow(StateFileError);
  });

  test('a directory that cannot be made', async () => {
    await expect(updateState('/proc/registry-login/state.json', note('ACR'))).rejects.toThrow(
      /cannot be made/,
    );
  });
});

describe('two at once', () => {
  test('twenty edits in one process lose nothing', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `SET${index}`);
    await Promise.all(names.map((name) => updateState(path, note(name))));
    expect([...((await readState(path))?.seen.keys() ?? [])].toSorted()).toEqual(names.toSorted());
  });

  test('four processes lose nothing', async () => {
    const script = `
      const { updateState } = await import(${JSON.stringify(new URL('../../src/io/state-file.ts', import.meta.url).href)});
      const [path, prefix] = process.argv.slice(1);
      for (let index = 0; index < 5; index += 1) {
        await updateState(path, (state) => ({ ...state, seen: new Map([...state.seen, [prefix + index, new Map()]]) }));
      }`;
    const runs = ['A', 'B', 'C', 'D'].map(
      (prefix) =>
        new Promise<number | null>((resolve) => {
          const args = ['--no-warnings', '--input-type=module', '-e', script, path, prefix];
          spawn(process.execPath, args, { stdio: 'inherit' }).on('close', resolve);
        }),
    );
    expect(await Promise.all(runs)).toEqual([0, 0, 0, 0]);
    expect((await readState(path))?.seen.size).toBe(20);
  });

  test('a lock that was left behind long ago holds nobody up', async () => {
    makeDirectory();
    mkdirSync(`${path}.lock`);
    execFileSync('touch', ['-d', '1 hour ago', `${path}.lock`]);
    await updateState(path, note('ACR'));
    expect((await readState(path))?.seen.size).toBe(1);
  });

  test('records survive beside what others note', async () => {
    const record = {
      server: 'registry.example.com',
      kind: 'basic',
      status: 'ok',
      store: 'config',
      verifiedAt: 1,
      startId: 'boot:1',
      fingerprints: new Map(),
      written: null,
      expiresAt: null,
    } as const;
    await Promise.all([
      updateState(path, (state) => withRecord(state, 'ACR', record)),
      updateState(path, note('GAR')),
    ]);
    const state = await readState(path);
    expect([state?.sets.has('ACR'), state?.seen.has('GAR')]).toEqual([true, true]);
  });
});
