import { describe, expect, test } from 'vitest';
import { parseDockerConfig } from '../../src/core/docker-config-parser.ts';
import {
  credHelpers,
  type DockerConfig,
  getAuth,
  removeAuth,
  removeCredHelper,
  serializeDockerConfig,
  setAuth,
  setCredHelper,
} from '../../src/core/docker-config.ts';
import { reapplyLostEdits } from '../../src/core/lost-edits.ts';

const alice = { auth: Buffer.from('alice:pw').toString('base64') };
const bob = { auth: Buffer.from('bob:pw').toString('base64') };

function parse(value: unknown): DockerConfig {
  return parseDockerConfig(Buffer.from(JSON.stringify(value)));
}

describe('edits that a docker login undid', () => {
  const before = parse({ auths: { 'old.io': bob, 'gone.io': bob }, credHelpers: { 'gone.io': 'x' } });
  const edit = (config: DockerConfig): DockerConfig =>
    setCredHelper(
      removeCredHelper(
        removeAuth(setAuth(setAuth(config, 'old.io', alice), 'new.io', alice), 'gone.io'),
        'gone.io',
      ),
      'new.io',
      'ours',
    );
  const after = edit(before);

  test('are applied again beside what it wrote', () => {
    const merged = reapplyLostEdits(before, after, setAuth(before, 'theirs.io', bob));
    expect(JSON.parse(serializeDockerConfig(merged))).toEqual({
      auths: { 'new.io': alice, 'old.io': alice, 'theirs.io': bob },
      credHelpers: { 'new.io': 'ours' },
    });
  });

  test('nothing undone changes nothing', () => {
    const current = setAuth(after, 'theirs.io', bob);
    expect(reapplyLostEdits(before, after, current)).toBe(current);
  });

  test('what the user logged in to or out of meanwhile stays the user’s', () => {
    const carol = { auth: Buffer.from('carol:pw').toString('base64') };
    const current = removeAuth(setAuth(setCredHelper(before, 'new.io', 'theirs'), 'new.io', carol), 'old.io');
    const merged = reapplyLostEdits(before, after, current);
    expect([getAuth(merged, 'new.io'), getAuth(merged, 'old.io'), credHelpers(merged).get('new.io')]).toEqual(
      [carol, null, 'theirs'],
    );
  });
});
