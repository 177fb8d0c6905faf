import { describe, expect, test } from 'vitest';
import { codespaceTokenSet } from '../../src/core/github-set.ts';
import { discoverSets } from '../../src/core/secret-set.ts';

const codespace = { CODESPACES: 'true', GITHUB_TOKEN: 'ghu_planted', GITHUB_USER: 'octocat' };

function tokenSet(
  env: Record<string, string>,
  option: 'auto' | 'off' = 'auto',
  file: ReadonlyMap<string, string> = new Map(),
) {
  return codespaceTokenSet(env, option, discoverSets(env, file), file);
}

describe("the codespace's own token as a set", () => {
  test('is for ghcr.io, of the kind github, as the user', () => {
    const set = tokenSet(codespace);
    expect(set).toMatchObject({
      name: 'GITHUB_TOKEN',
      username: 'octocat',
      kind: 'github',
      source: 'codespace-token',
      server: { key: 'ghcr.io' },
    });
    expect(set?.password.reveal()).toBe('ghu_planted');
    expect(JSON.stringify(set)).not.toContain('ghu_planted');
  });

  test('without a user name any name does: GitHub looks at the token', () => {
    expect(tokenSet({ CODESPACES: 'true', GITHUB_TOKEN: 't' })?.username).toBe('x-access-token');
  });

  test.each<[string, Record<string, string>]>([
    ['outside Codespaces', { ...codespace, CODESPACES: '' }],
    ['where CODESPACES is not true', { ...codespace, CODESPACES: '1' }],
    ['without a token', { ...codespace, GITHUB_TOKEN: '' }],
    [
      'where a set names ghcr.io',
      {
        ...codespace,
        A_CONTAINER_REGISTRY_SERVER: 'GHCR.IO',
        A_CONTAINER_REGISTRY_USER: 'u',
        A_CONTAINER_REGISTRY_PASSWORD: 'p',
      },
    ],
    [
      'where an incomplete set names ghcr.io',
      { ...codespace, A_CONTAINER_REGISTRY_SERVER: 'https://ghcr.io/' },
    ],
  ])('is none %s', (_, env) => expect(tokenSet(env)).toBeNull());

  test('is none with the option off, nor where the secrets file names ghcr.io', () => {
    expect(tokenSet(codespace, 'off')).toBeNull();
    expect(tokenSet(codespace, 'auto', new Map([['A_CONTAINER_REGISTRY_SERVER', 'ghcr.io']]))).toBeNull();
  });

  test.each(['ghcr.io.example.com', 'xghcr.io', 'ghcr.io:8443', 'docker.io'])(
    'is there beside a set for %s',
    (server) => {
      expect(tokenSet({ ...codespace, A_CONTAINER_REGISTRY_SERVER: server })).not.toBeNull();
    },
  );
});
