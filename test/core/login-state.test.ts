import { describe, expect, test } from 'vitest';
import type { Fingerprints } from '../../src/core/fingerprint.ts';
import {
  changesSinceLastStart,
  type ContainerStart,
  emptyState,
  goneSets,
  isOurEntry,
  isVerified,
  type LoginState,
  noteSets,
  seenSinceStart,
  type SetRecord,
  withoutRecord,
  withRecord,
} from '../../src/core/login-state.ts';
import { formatState } from '../../src/core/format-state.ts';
import { parseState } from '../../src/core/state-json.ts';

const salt = 'a1'.repeat(32);
const first = { id: 'boot:1', startedAt: 1_700_000_000_000 };
const second = { id: 'boot:2', startedAt: 1_700_000_100_000 };
const unknown = { id: null, startedAt: null };

function prints(password: string): Fingerprints {
  return new Map([
    ['SERVER', '0001'],
    ['USER', '0002'],
    ['PASSWORD', password],
  ]);
}

function found(sets: Record<string, string>): ReadonlyMap<string, Fingerprints> {
  return new Map(Object.entries(sets).map(([name, password]) => [name, prints(password)]));
}

const record: SetRecord = {
  server: 'registry.example.com',
  kind: 'basic',
  status: 'ok',
  store: 'config',
  fingerprints: prints('0003'),
  verifiedAt: 1_700_000_001_000,
  startId: 'boot:1',
  written: new Map([
    ['username', '0002'],
    ['password', '0003'],
  ]),
  expiresAt: null,
};

describe('what changed since the last start', () => {
  const atFirst = noteSets(emptyState(salt), first, found({ ACR: '0003', GAR: '0004' }));

  test('nothing at the first start: there is nothing to compare with', () => {
    expect(changesSinceLastStart(emptyState(salt), first, found({ ACR: '0003' }))).toEqual([]);
    expect(changesSinceLastStart(atFirst, first, found({ ACR: '0003' }))).toEqual([]);
  });

  test('new, gone and changed sets, by name, whether or not a login has noted them', () => {
    const now = found({ ACR: '9999', HUB: '0005' });
    const expected = [
      { name: 'ACR', change: 'changed', fields: ['PASSWORD'] },
      { name: 'GAR', change: 'gone', fields: [] },
      { name: 'HUB', change: 'new', fields: [] },
    ];
    expect(changesSinceLastStart(atFirst, second, now)).toEqual(expected);
    expect(changesSinceLastStart(noteSets(atFirst, second, now), second, now)).toEqual(expected);
  });

  test('a terminal without secrets makes nothing look gone', () => {
    expect(changesSinceLastStart(atFirst, first, new Map())).toEqual([]);
    const atSecond = noteSets(atFirst, second, found({ ACR: '0003', GAR: '0004' }));
    expect(changesSinceLastStart(atSecond, second, new Map())).toEqual([]);
    expect([...seenSinceStart(noteSets(atSecond, second, new Map()), second).keys()]).toEqual(['ACR', 'GAR']);
  });

  test('nothing where the system does not say which start this is', () => {
    expect(changesSinceLastStart(atFirst, unknown, new Map())).toEqual([]);
    expect(seenSinceStart(atFirst, unknown).size).toBe(0);
  });

  test('an empty start is a start: what comes after it is new', () => {
    const empty = noteSets(emptyState(salt), first, new Map());
    expect(changesSinceLastStart(empty, second, found({ ACR: '0003' }))).toEqual([
      { name: 'ACR', change: 'new', fields: [] },
    ]);
  });

  test('only the start just before counts', () => {
    const third = noteSets(
      noteSets(atFirst, second, found({})),
      { id: 'boot:3', startedAt: null },
      found({ ACR: '0003' }),
    );
    expect(changesSinceLastStart(third, { id: 'boot:3', startedAt: null }, new Map())).toEqual([
      { name: 'ACR', change: 'new', fields: [] },
    ]);
  });

  test('what was seen at another start is not seen since this one', () => {
    expect(seenSinceStart(atFirst, second).size).toBe(0);
  });

  test('records of sets that were not seen since the start are gone', () => {
    const state = withRecord(withRecord(atFirst, 'ACR', record), 'GAR', record);
    expect([...goneSets(noteSets(state, second, found({ ACR: '0003' }))).keys()]).toEqual(['GAR']);
    expect([...goneSets(noteSets(state, first, new Map())).keys()]).toEqual([]);
  });
});

describe('verified since the container started', () => {
  const now = 1_700_000_050_000;
  const state = withRecord(emptyState(salt), 'ACR', record);
  const check = (
    changes: Partial<SetRecord>,
    start: ContainerStart = first,
    fingerprints = prints('0003'),
    name = 'ACR',
  ) => isVerified(withRecord(state, 'ACR', { ...record, ...changes }), start, name, fingerprints, now);

  test('the same values in the same start', () => expect(check({})).toBe(true));
  test('not with another password', () => expect(check({}, first, prints('9999'))).toBe(false));
  test('not with a session token more', () => {
    expect(check({}, first, new Map([...prints('0003'), ['SESSION_TOKEN', '0009']]))).toBe(false);
  });
  test('not in another start', () => expect(check({}, second)).toBe(false));
  test('not where the start is unknown', () => expect(check({ startId: null }, unknown)).toBe(false));
  test('not for another set', () => expect(check({}, first, prints('0003'), 'constructor')).toBe(false));
  test.each(['unverified', 'rejected', 'unreachable', 'error'])('not when it was %s', (status) => {
    expect(check({ status })).toBe(false);
  });
  test('not when it has expired', () => expect(check({ expiresAt: now })).toBe(false));
  test('while it has not expired', () => expect(check({ expiresAt: now + 1 })).toBe(true));
});

describe('the entry that we wrote', () => {
  const entry = new Map([
    ['username', '0002'],
    ['password', '0003'],
  ]);
  test('is ours', () => expect(isOurEntry(record, 'registry.example.com', entry)).toBe(true));
  test('is not ours under another key', () => expect(isOurEntry(record, 'example.com', entry)).toBe(false));
  test('is not ours with another password', () => {
    expect(isOurEntry(record, 'registry.example.com', new Map([...entry, ['password', '9999']]))).toBe(false);
  });
  test('is not ours with an identity token that we did not write', () => {
    expect(isOurEntry(record, 'registry.example.com', new Map([...entry, ['identitytoken', '9999']]))).toBe(
      false,
    );
  });
  test('none is ours where we wrote none', () => {
    expect(isOurEntry({ ...record, written: null }, 'registry.example.com', new Map())).toBe(false);
  });
});

describe('the state as JSON', () => {
  const names = ['__proto__', 'constructor', 'toString', 'ACR', 'x'.repeat(200)];
  const full: LoginState = names.reduce<LoginState>(
    (state, name) =>
      withRecord(state, name, { ...record, expiresAt: 1_700_000_009_000, store: null, written: null }),
    noteSets(
      noteSets(emptyState(salt), first, found({ ACR: '0003' })),
      second,
      new Map(names.map((name) => [name, prints('0003')])),
    ),
  );

  test.each<[string, LoginState]>([
    ['an empty one', emptyState(salt)],
    ['a full one, with names such as __proto__', full],
    ['one without a known start', noteSets(emptyState(salt), unknown, found({ ACR: '0003' }))],
  ])('comes back as it was: %s', (_claim, state) => {
    const text = formatState(state);
    const parsed = parseState(text);
    expect('problem' in parsed).toBe(false);
    if ('problem' in parsed) return;
    expect(formatState(parsed)).toBe(text);
    expect([...parsed.sets.keys()].toSorted()).toEqual([...state.sets.keys()].toSorted());
    expect(parsed.start).toEqual(state.start);
  });

  test('the same state has the same text, however it came to be', () => {
    const one = withRecord(withRecord(emptyState(salt), 'A', record), 'B', record);
    const other = withRecord(withRecord(withoutRecord(one, 'A'), 'C', record), 'A', record);
    expect(formatState(withoutRecord(other, 'C'))).toBe(formatState(one));
  });

  test.each([undefined, '', 'ecr-login'])(
    'the helper that ours replaced comes back: %s; a file of before has none',
    (replacedHelper) => {
      const text = formatState(withRecord(emptyState(salt), 'A', { ...record, replacedHelper }));
      expect(text.includes('replacedHelper')).toBe(replacedHelper !== undefined);
      expect(parseState(text)).not.toHaveProperty('problem');
      const parsed = parseState(text);
      if (!('problem' in parsed)) expect(parsed.sets.get('A')?.replacedHelper).toBe(replacedHelper);
    },
  );

  test('a time that no calendar has is left out', () => {
    const text = formatState(
      withRecord(emptyState(salt), 'A', { ...record, verifiedAt: Number.NaN, expiresAt: Infinity }),
    );
    expect(parseState(text)).not.toHaveProperty('problem');
  });

  const valid = JSON.parse(formatState(full)) as Record<string, unknown>;
  test.each<[claim: string, text: string, problem: RegExp]>([
    ['no JSON', 'planted-hunter2', /^is not JSON$/],
    ['empty', '', /^is not JSON$/],
    ['null', 'null', /^is not a state file/],
    ['a later version', JSON.stringify({ ...valid, schemaVersion: 2 }), /at schemaVersion/],
    ['a salt that is too short', JSON.stringify({ ...valid, salt: 'a1' }), /at salt/],
    [
      'a fingerprint that is longer',
      JSON.stringify({ ...valid, seen: [{ name: 'A', fingerprints: [['USER', '00000']] }] }),
      /at seen/,
    ],
    [
      'a name with an escape sequence',
      JSON.stringify({ ...valid, seen: [{ name: '\u001b[2J', fingerprints: [] }] }),
      /at seen/,
    ],
    [
      'a time that is none',
      JSON.stringify({ ...valid, start: { id: null, startedAt: 'planted-hunter2' } }),
      /at start/,
    ],
    ['no sets', JSON.stringify({ ...valid, sets: undefined }), /at sets/],
  ])('%s: is refused without quoting it', (_claim, text, problem) => {
    const parsed = parseState(text);
    expect(parsed).toHaveProperty('problem', expect.stringMatching(problem));
    expect(JSON.stringify(parsed)).not.toContain('planted');
  });
});
