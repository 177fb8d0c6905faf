import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readCodespacesSecrets } from '../../src/io/codespaces-secrets.ts';

const planted = 'planted-hunter2';
let directory: string;
let json: string;
let env: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'registry-login-secrets-'));
  json = join(directory, 'user-secrets-envs.json');
  env = join(directory, '.env-secrets');
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function read() {
  const { secrets, problems } = readCodespacesSecrets({ REGISTRY_LOGIN_SECRETS_DIR: directory });
  return { secrets: [...secrets].map(([name, { value, file }]) => [name, value.reveal(), file]), problems };
}

function encode(value: string): string {
  return Buffer.from(value).toString('base64');
}

describe('the secrets files of a codespace', () => {
  test('a missing folder holds nothing and is no problem', () => {
    rmSync(directory, { recursive: true });
    expect(read()).toEqual({ secrets: [], problems: [] });
  });

  test('missing files hold nothing and are no problem', () => {
    expect(read()).toEqual({ secrets: [], problems: [] });
  });

  test('both files count, each secret with the file that it came from', () => {
    writeFileSync(json, '{"A":"1"}');
    writeFileSync(env, `B=${encode('2')}\n`);
    expect(read()).toEqual({
      secrets: [
        ['A', '1', json],
        ['B', '2', env],
      ],
      problems: [],
    });
  });

  test('where both have a name, .env-secrets wins, for it is what a new terminal reads', () => {
    writeFileSync(json, '{"A":"old","B":"2"}');
    writeFileSync(env, `A=${encode('new')}`);
    expect(read().secrets).toEqual([
      ['A', 'new', env],
      ['B', '2', json],
    ]);
  });

  test('a byte order mark before the JSON is no problem', () => {
    writeFileSync(json, '\ufeff{"A":"1"}');
    expect(read()).toEqual({ secrets: [['A', '1', json]], problems: [] });
  });

  test('a file is followed through a symbolic link', () => {
    writeFileSync(join(directory, 'real'), '{"A":"1"}');
    symlinkSync('real', json);
    expect(read().secrets).toEqual([['A', '1', json]]);
  });

  test('secrets do not print', () => {
    writeFileSync(json, JSON.stringify({ A: planted }));
    const result = readCodespacesSecrets({ REGISTRY_LOGIN_SECRETS_DIR: directory });
    expect(inspect(result, { depth: 9 }) + JSON.stringify([...result.secrets])).not.toContain(planted);
  });
});

describe('an odd file is a problem that names it, and the other one is used', () => {
  test.each<[claim: string, make: () => void, message: string]>([
    ['a directory', () => mkdirSync(json), 'is not a regular file'],
    ['a FIFO, without waiting for a writer', () => execFileSync('mkfifo', [json]), 'is not a regular file'],
    ['a device', () => symlinkSync('/dev/zero', json), 'is not a regular file'],
    [
      'more than 1 MiB',
      () => writeFileSync(json, `{"A":"${planted.repeat(80_000)}"}`),
      'is larger than 1 MiB',
    ],
    [
      'bytes that are no UTF-8',
      () => writeFileSync(json, Buffer.from('{"A":"\xff\xfe"}', 'latin1')),
      'is not UTF-8 text',
    ],
    ['no JSON', () => writeFileSync(json, `A=${planted}`), 'is not JSON'],
    ['a link to itself', () => symlinkSync('user-secrets-envs.json', json), 'cannot be read (ELOOP)'],
  ])('%s', (_claim, make, message) => {
    make();
    writeFileSync(env, `B=${encode('2')}`);
    expect(read()).toEqual({
      secrets: [['B', '2', env]],
      problems: [{ file: json, message, isUsed: false }],
    });
    expect(JSON.stringify(read().problems)).not.toContain(planted);
  });

  test('a file that this user may not read', () => {
    writeFileSync(json, '{"A":"1"}');
    chmodSync(json, 0);
    const { secrets, problems } = read();
    // Root may read it all the same.
    if (process.getuid?.() === 0) expect(secrets).toEqual([['A', '1', json]]);
    else expect(problems).toEqual([{ file: json, message: 'cannot be read (EACCES)', isUsed: false }]);
  });

  test('a folder that is a file', () => {
    writeFileSync(join(directory, 'file'), '');
    const { problems } = readCodespacesSecrets({ REGISTRY_LOGIN_SECRETS_DIR: join(directory, 'file') });
    expect(problems.map(({ message }) => message)).toEqual([
      'cannot be read (ENOTDIR)',
      'cannot be read (ENOTDIR)',
    ]);
  });
});
