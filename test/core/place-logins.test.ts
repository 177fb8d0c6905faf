import { describe, expect, test } from 'vitest';
import { encodeAuthConfig } from '../../src/core/auth-config.ts';
import type { Credential } from '../../src/core/credential.ts';
import { parseDockerConfig } from '../../src/core/docker-config-parser.ts';
import { type DockerConfig, serializeDockerConfig } from '../../src/core/docker-config.ts';
import type { SetRecord } from '../../src/core/login-state.ts';
import {
  credentialFingerprints,
  entryFingerprints,
  placeLogins,
  removeLogin,
  removeLogins,
  shadowOf,
  storeOf,
} from '../../src/core/place-logins.ts';
import { discoverSets, type SecretSet } from '../../src/core/secret-set.ts';
import { Secret } from '../../src/core/secret.ts';

const salt = '5a'.repeat(32);
const host = 'r.example.com';
const credential: Credential = { username: 'dora', password: new Secret('pw') };
const set = discoverSets({
  A_CONTAINER_REGISTRY_SERVER: host,
  A_CONTAINER_REGISTRY_USER: 'dora',
  A_CONTAINER_REGISTRY_PASSWORD: 'pw',
}).sets[0] as SecretSet;
const ours = encodeAuthConfig(credential);
const theirs = encodeAuthConfig({ username: 'dora', password: new Secret('own') });

const config = (value: unknown): DockerConfig => parseDockerConfig(Buffer.from(JSON.stringify(value)));
const plain = (value: DockerConfig): unknown => JSON.parse(serializeDockerConfig(value));

function record(change: Partial<SetRecord> = {}): SetRecord {
  return {
    server: host,
    kind: 'basic',
    status: 'ok',
    store: 'config',
    fingerprints: new Map(),
    verifiedAt: 1,
    startId: 'boot:1',
    written: credentialFingerprints(credential, null, salt),
    expiresAt: null,
    ...change,
  };
}

describe('placing', () => {
  test('nothing to do gives back the very same config', () => {
    const before = config({ auths: { [host]: ours } });
    expect(
      placeLogins(
        before,
        'auto',
        [{ set, credential, onlyIfMissing: false, replacedHelper: null }],
        'lasting',
      ).config,
    ).toBe(before);
    expect(placeLogins(before, 'auto', [], 'lasting').config).toBe(before);
  });

  test.each([
    {
      claim: 'what somebody changed is left alone where only the missing is restored',
      entry: theirs,
      onlyIfMissing: true,
      after: theirs,
      isOurEntry: false,
    },
    { claim: 'an empty entry counts as there', entry: {}, onlyIfMissing: true, after: {}, isOurEntry: false },
    {
      claim: 'a login replaces what is there',
      entry: theirs,
      onlyIfMissing: false,
      after: ours,
      isOurEntry: true,
    },
    { claim: 'what is missing is restored', entry: null, onlyIfMissing: true, after: ours, isOurEntry: true },
    {
      claim: 'another spelling of ours stays as it is spelled, and whose it was',
      entry: { username: 'dora', password: 'pw' },
      onlyIfMissing: false,
      after: { username: 'dora', password: 'pw' },
      isOurEntry: false,
    },
    {
      claim: 'what stood there just so is not written',
      entry: ours,
      onlyIfMissing: false,
      after: ours,
      isOurEntry: false,
    },
  ])('$claim', ({ entry, onlyIfMissing, after, isOurEntry }) => {
    const before = config({ auths: entry === null ? {} : { [host]: entry } });
    const placed = placeLogins(
      before,
      'auto',
      [{ set, credential, onlyIfMissing, replacedHelper: null }],
      'lasting',
    );
    expect(plain(placed.config)).toStrictEqual({ auths: { [host]: after } });
    expect(placed.places.get(host)).toStrictEqual({
      store: 'config',
      isOurEntry,
      otherFields: null,
      native: null,
      replacedHelper: null,
    });
  });

  test('no credential leaves the entry and names the helper', () => {
    const ecr = { ...set, kind: 'ecr', username: 'AKIAIOSFODNN7EXAMPLE' } as const;
    const placements = [{ set: ecr, credential: null, onlyIfMissing: false, replacedHelper: null }];
    const placed = placeLogins(config({ auths: { [host]: theirs } }), 'auto', placements, 'lasting');
    expect(plain(placed.config)).toStrictEqual({
      auths: { [host]: theirs },
      credHelpers: { [host]: 'registry-login' },
    });
    expect(placed.places.get(host)).toStrictEqual({
      store: 'both',
      isOurEntry: false,
      otherFields: null,
      native: null,
      replacedHelper: null,
    });
  });

  test('under npx, what shadows the config is named to store it, and an entry of before goes', () => {
    const before = config({ auths: { [host]: ours }, credsStore: 'desktop' });
    const placed = placeLogins(
      before,
      'auto',
      [{ set, credential, onlyIfMissing: false, replacedHelper: null }],
      'passing',
    );
    expect(plain(placed.config)).toStrictEqual({ auths: {}, credsStore: 'desktop' });
    expect(placed.places.get(host)).toMatchObject({ store: 'helper', isOurEntry: false, native: 'desktop' });
  });

  test('may be run again on its own result', () => {
    for (const option of ['auto', 'helper', 'config'] as const) {
      const placements = [{ set, credential, onlyIfMissing: false, replacedHelper: null }];
      const once = placeLogins(config({ credsStore: 'desktop' }), option, placements, 'lasting');
      const twice = placeLogins(once.config, option, placements, 'lasting');
      expect(twice.config).toBe(once.config);
      expect([...twice.places.values()].map(({ store }) => store)).toStrictEqual(
        [...once.places.values()].map(({ store }) => store),
      );
    }
  });
});

describe('what clients would ask instead of auths', () => {
  test.each<[string, object, string | null]>([
    ['nothing', {}, null],
    ['a credsStore', { credsStore: 'desktop' }, 'desktop'],
    ['an empty credsStore', { credsStore: '' }, null],
    ['another helper for the host', { credHelpers: { [host]: 'other' }, credsStore: 'desktop' }, 'other'],
    [
      'an empty helper for the host, which turns the credsStore off',
      { credHelpers: { [host]: '' }, credsStore: 'desktop' },
      null,
    ],
    ['our helper for the host hides nothing', { credHelpers: { [host]: 'registry-login' } }, null],
    [
      'a credsStore under our helper',
      { credHelpers: { [host]: 'registry-login' }, credsStore: 'pass' },
      'pass',
    ],
    ['our own credsStore', { credsStore: 'registry-login' }, null],
    ["another host's helper", { credHelpers: { 'other.example.com': 'other' } }, null],
  ])('%s', (_, value, expected) => expect(shadowOf(config(value), host)).toBe(expected));
});

describe('where it stands', () => {
  test.each<[object, string | null]>([
    [{}, null],
    [{ auths: { [host]: ours } }, 'config'],
    [{ auths: { [host]: ours }, credHelpers: { [host]: 'other' } }, 'config'],
    [{ credHelpers: { [host]: 'registry-login' } }, 'helper'],
    [{ auths: { [host]: {} }, credHelpers: { [host]: 'registry-login' } }, 'both'],
  ])('%j: %s', (value, expected) => expect(storeOf(config(value), host)).toBe(expected));
});

describe('removing', () => {
  test.each<[string, object, Partial<SetRecord>, object, boolean]>([
    ['our entry', { auths: { [host]: ours } }, {}, { auths: {} }, true],
    [
      'our entry and our helper',
      { auths: { [host]: ours }, credHelpers: { [host]: 'registry-login' } },
      { store: 'both' },
      { auths: {} },
      true,
    ],
    [
      'our helper alone',
      { credHelpers: { [host]: 'registry-login', b: 'x' } },
      { store: 'helper', written: null },
      { credHelpers: { b: 'x' } },
      true,
    ],
    [
      'an entry that was changed stays',
      { auths: { [host]: theirs } },
      {},
      { auths: { [host]: theirs } },
      false,
    ],
    [
      'a changed entry keeps the helper by which it is found',
      { auths: { [host]: theirs }, credHelpers: { [host]: 'registry-login' } },
      { store: 'both' },
      { auths: { [host]: theirs }, credHelpers: { [host]: 'registry-login' } },
      false,
    ],
    [
      'a helper that somebody put in the place of ours stays',
      { auths: { [host]: ours }, credHelpers: { [host]: 'other' } },
      { store: 'both' },
      { auths: {}, credHelpers: { [host]: 'other' } },
      true,
    ],
    [
      'an entry to which somebody added a field stays',
      { auths: { [host]: { ...ours, email: 'd@example.com' } } },
      {},
      { auths: { [host]: { ...ours, email: 'd@example.com' } } },
      false,
    ],
    [
      'a field that stood there when we wrote, in whatever order, is no change',
      { auths: { [host]: { z: [1], ...ours, email: 'd@example.com' } } },
      {
        written: credentialFingerprints(
          credential,
          '{\n\t"email": "d@example.com",\n\t"z": [\n\t\t1\n\t]\n}',
          salt,
        ),
      },
      { auths: {} },
      true,
    ],
    [
      'an entry that cannot be read stays',
      { auths: { [host]: { auth: '***' } } },
      {},
      { auths: { [host]: { auth: '***' } } },
      false,
    ],
    [
      'an entry of which nothing was ours stays',
      { auths: { [host]: ours } },
      { written: null },
      { auths: { [host]: ours } },
      false,
    ],
    ['nothing there', { auths: {} }, {}, { auths: {} }, false],
    [
      'the helper that ours replaced comes back',
      { auths: { [host]: ours }, credHelpers: { [host]: 'registry-login' } },
      { store: 'both', replacedHelper: 'other' },
      { auths: {}, credHelpers: { [host]: 'other' } },
      true,
    ],
    [
      'it does not where ours is not there any more',
      { auths: { [host]: ours } },
      { store: 'both', replacedHelper: 'other' },
      { auths: {} },
      true,
    ],
    [
      'a changed entry keeps our helper even where ours replaced one',
      { auths: { [host]: theirs }, credHelpers: { [host]: 'registry-login' } },
      { store: 'both', replacedHelper: 'other' },
      { auths: { [host]: theirs }, credHelpers: { [host]: 'registry-login' } },
      false,
    ],
    [
      'our helper goes from an entry that stood there before it',
      { auths: { [host]: theirs }, credHelpers: { [host]: 'registry-login' } },
      { store: 'both', written: null },
      { auths: { [host]: theirs } },
      true,
    ],
    [
      'our helper stays by the empty entry of a docker login through it',
      { auths: { [host]: {} }, credHelpers: { [host]: 'registry-login' } },
      { store: 'both', written: null },
      { auths: { [host]: {} }, credHelpers: { [host]: 'registry-login' } },
      false,
    ],
  ])('%s', (_, before, change, after, removed) => {
    const result = removeLogin(config(before), record(change), salt);
    expect(plain(result.config)).toStrictEqual(after);
    expect(result.removed).toBe(removed);
  });

  test('of several records, those are named where anything was', () => {
    const records = [
      ['A', record()],
      ['B', record({ server: 'b.example.com' })],
    ] as const;
    const result = removeLogins(config({ auths: { [host]: ours } }), records, salt);
    expect([...result.removed]).toStrictEqual(['A']);
  });

  test('an identity token is told from a password', () => {
    const token: Credential = { ...credential, identityToken: new Secret('tok') };
    const before = config({ auths: { [host]: encodeAuthConfig(token) } });
    expect(removeLogin(before, record(), salt).removed).toBe(false);
    expect(
      removeLogin(before, record({ written: credentialFingerprints(token, null, salt) }), salt).removed,
    ).toBe(true);
    expect(entryFingerprints(before, host, salt)).toStrictEqual(credentialFingerprints(token, null, salt));
  });
});
