import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SecretList } from '../../src/core/github-lists.ts';
import { githubApiBase, githubToken, mayAskGithub } from '../../src/io/github-api.ts';
import { listCodespacesSecrets, type ListRequest } from '../../src/io/github-secrets.ts';
import { createFetchClient } from '../support/fetch-http-client.ts';
import {
  type GithubStandIn,
  notAccessible,
  notFound,
  rateLimited,
  slowDown,
  type StandInOptions,
  startGithubStandIn,
} from '../support/github-stand-in.ts';

const token = 'planted-github-token';
const old = '2024-01-10T14:59:22Z';
const names = [
  'ACR_CONTAINER_REGISTRY_SERVER',
  'ACR_CONTAINER_REGISTRY_USER',
  'ACR_CONTAINER_REGISTRY_PASSWORD',
];
const [serverName = '', , passwordName = ''] = names;
let github: GithubStandIn;

beforeEach(async () => {
  github = await startGithubStandIn({ token });
});

afterEach(() => github.close());

async function list(
  options: StandInOptions = {},
  env: Record<string, string> = {},
  changes: Partial<ListRequest> = {},
) {
  github.set(options);
  const http = createFetchClient();
  const lists = await listCodespacesSecrets({
    env: {
      CODESPACES: 'true',
      GITHUB_TOKEN: token,
      GITHUB_REPOSITORY: 'octo-org/hello-world',
      GITHUB_API_URL: github.url,
      ...env,
    },
    http,
    signal: AbortSignal.timeout(10_000),
    isWanted: (name) => name.includes('CONTAINER_REGISTRY'),
    ...changes,
  });
  expect(JSON.stringify(lists)).not.toContain(token);
  return lists;
}

function of(lists: readonly SecretList[], source: SecretList['source']): SecretList {
  const found = lists.find((one) => one.source === source);
  if (found === undefined) throw new Error(`no list of ${source}`);
  return found;
}

const secret = (name: string, extra: object = {}) => ({ name, updatedAt: old, ...extra });

describe('the lists', () => {
  test('the user, the repository and its organisation, in that order, names and times only', async () => {
    const lists = await list({
      user: { secrets: [secret('ACR_CONTAINER_REGISTRY_SERVER')] },
      repositorySecrets: { secrets: [secret('GAR_CONTAINER_REGISTRY_SERVER')] },
      organization: { secrets: [secret('HUB_CONTAINER_REGISTRY_SERVER')] },
    });
    const updatedAt = Date.parse(old);
    expect(lists).toEqual([
      {
        source: 'github-user',
        secrets: [{ name: 'ACR_CONTAINER_REGISTRY_SERVER', updatedAt, granted: true }],
        gap: null,
      },
      {
        source: 'github-repository',
        secrets: [{ name: 'GAR_CONTAINER_REGISTRY_SERVER', updatedAt, granted: true }],
        gap: null,
      },
      {
        source: 'github-organization',
        secrets: [{ name: 'HUB_CONTAINER_REGISTRY_SERVER', updatedAt, granted: true }],
        gap: null,
      },
    ]);
  });

  test('each is asked for once, with the headers of the REST API', async () => {
    await list();
    expect(github.requests.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual([
      'GET /orgs/octo-org/codespaces/secrets?per_page=100',
      'GET /repos/octo-org/hello-world/codespaces/secrets?per_page=100',
      'GET /user/codespaces/secrets?per_page=100',
    ]);
    for (const { headers } of github.requests) {
      expect(headers).toMatchObject({
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${token}`,
        'user-agent': 'devcontainer-registry-login',
        'x-github-api-version': '2022-11-28',
      });
    }
  });

  test('secrets of other kinds, and names that no variable can have, are left out', async () => {
    const odd = [
      'NPM_TOKEN',
      '\u001b[2J_CONTAINER_REGISTRY_USER',
      'A B_CONTAINER_REGISTRY_USER',
      '__proto___CONTAINER_REGISTRY_USER',
    ];
    const lists = await list({ user: { secrets: odd.map((name) => secret(name)) } });
    expect(of(lists, 'github-user').secrets.map(({ name }) => name)).toEqual([
      '__proto___CONTAINER_REGISTRY_USER',
    ]);
  });

  test('a time that is none is not known', async () => {
    const lists = await list({ user: { secrets: [{ name: serverName, updatedAt: 'yesterday' }] } });
    expect(of(lists, 'github-user').secrets).toEqual([{ name: serverName, updatedAt: null, granted: true }]);
  });

  test.each(['header', 'none'] as const)('pages are followed, links: %s', async (links) => {
    const many = Array.from({ length: 75 }, (_, index) => secret(`SET${index}_CONTAINER_REGISTRY_SERVER`));
    const lists = await list({ user: { secrets: many }, pageSize: 30, links });
    expect(of(lists, 'github-user').secrets).toHaveLength(75);
    expect(of(lists, 'github-user').gap).toBeNull();
    expect(github.requests.filter(({ path }) => path.startsWith('/user/'))).toHaveLength(3);
  });

  test('a list without end is left after ten pages, and said so', async () => {
    const many = Array.from({ length: 40 }, (_, index) => secret(`SET${index}_CONTAINER_REGISTRY_SERVER`));
    const { secrets, gap } = of(await list({ user: { secrets: many }, pageSize: 1 }), 'github-user');
    expect(secrets).toHaveLength(10);
    expect(gap).toBe('the list has more than 10 pages.');
  });

  test('GitHub Enterprise Server has a path before all others', async () => {
    await github.close();
    github = await startGithubStandIn({ token, prefix: '/api/v3', user: { secrets: [secret(serverName)] } });
    expect(of(await list(), 'github-user').secrets).toHaveLength(1);
    expect(of(await list({}, { GITHUB_API_URL: `${github.url}/` }), 'github-user').secrets).toHaveLength(1);
  });
});

describe('is this repository among those that a secret is granted to?', () => {
  test.each<[claim: string, extra: object, granted: boolean | null]>([
    ['visibility "all" reaches every repository', { visibility: 'all' }, true],
    [
      'selected, and it is',
      { visibility: 'selected', repositories: ['octo-org/other', 'Octo-Org/Hello-World'] },
      true,
    ],
    [
      'selected, and it is not',
      { visibility: 'selected', repositories: ['octo-org/hello-world-2', 'x/hello-world'] },
      false,
    ],
    ['selected, for nobody', { visibility: 'selected', repositories: [] }, false],
    [
      'selected, and it is the last of 35, each as large as a real one',
      {
        visibility: 'selected',
        repositories: [
          ...Array.from({ length: 34 }, (_, index) => `octo-org/${'r'.repeat(60)}${index}`),
          'octo-org/hello-world',
        ],
      },
      true,
    ],
    ['a visibility that we do not know', { visibility: 'friends' }, null],
  ])('%s', async (_claim, extra, granted) => {
    const secrets = [secret(passwordName, extra)];
    const lists = await list({ user: { secrets }, organization: { secrets } });
    expect(of(lists, 'github-user').secrets[0]?.granted).toBe(granted);
    expect(of(lists, 'github-organization').secrets[0]?.granted).toBe(granted);
  });

  test.each([
    [true, true],
    [false, false],
  ])('"private" of an organisation: repository private %s, granted %s', async (isPrivate, granted) => {
    const lists = await list({
      isPrivate,
      organization: { secrets: [secret(passwordName, { visibility: 'private' })] },
    });
    expect(of(lists, 'github-organization').secrets[0]?.granted).toBe(granted);
  });

  test('not known without GITHUB_REPOSITORY; the other two lists are not asked for', async () => {
    const secrets = [
      secret(passwordName, { visibility: 'selected', repositories: ['octo-org/hello-world'] }),
    ];
    expect(await list({ user: { secrets } }, { GITHUB_REPOSITORY: '' })).toEqual([
      {
        source: 'github-user',
        secrets: [{ name: passwordName, updatedAt: Date.parse(old), granted: null }],
        gap: null,
      },
    ]);
  });

  test('asked for only where it matters', async () => {
    const secrets = names.map((name) => secret(name, { visibility: 'selected', repositories: [] }));
    const lists = await list({ user: { secrets } }, {}, { needsGrant: (name) => name === passwordName });
    expect(of(lists, 'github-user').secrets.map(({ granted }) => granted)).toEqual([null, null, false]);
    expect(github.requests.filter(({ path }) => path.includes('/repositories'))).toHaveLength(1);
  });
});

describe('a list that GitHub does not give is a gap in words', () => {
  const permission = {
    'github-user': 'the scope codespace:secrets (fine-grained: "Codespaces user secrets", read)',
    'github-repository': 'the repository permission "Codespaces secrets" (classic: the scope repo)',
    'github-organization': 'the scope admin:org (fine-grained: "Organization codespaces secrets", read)',
  } as const;
  test.each([
    ['403', notAccessible],
    ['404', notFound],
  ] as const)('%s says which permission would do', async (status, refusal) => {
    const lists = await list({ user: refusal, repositorySecrets: refusal, organization: refusal });
    for (const { source, gap, secrets } of lists) {
      expect(secrets).toEqual([]);
      expect(gap).toBe(
        `GitHub does not show the list to the token in GITHUB_TOKEN (HTTP ${status}); ${permission[source]} would do, in REGISTRY_LOGIN_GITHUB_TOKEN.`,
      );
    }
  });

  test.each<[claim: string, answer: StandInOptions['user'], gap: string]>([
    [
      'the rate limit',
      rateLimited(1_700_000_000),
      "GitHub's rate limit is used up (HTTP 403, until 2023-11-14T22:13:20.000Z).",
    ],
    ['the secondary rate limit', slowDown(60), "GitHub's rate limit is used up (HTTP 429, again in 60 s)."],
    ['429 without a word', { status: 429 }, "GitHub's rate limit is used up (HTTP 429)."],
    [
      'a rate limit with odd headers',
      { status: 403, headers: { 'retry-after': 'soon', 'x-ratelimit-reset': '9'.repeat(30) } },
      "GitHub's rate limit is used up (HTTP 403).",
    ],
    [
      'a redirect is not followed',
      { status: 301, headers: { location: 'https://elsewhere.example/' } },
      'GitHub answered HTTP 301.',
    ],
    ['a fault', { status: 502, body: '<html>' }, 'GitHub answered HTTP 502.'],
    ['no JSON', { status: 200, body: '<html>' }, 'GitHub answered with something that is not JSON.'],
    [
      'another shape',
      { status: 200, body: '{"secrets":[{"name":7}]}' },
      'GitHub answered in a form that is not understood.',
    ],
    ['null', { status: 200, body: 'null' }, 'GitHub answered in a form that is not understood.'],
  ])('%s', async (_claim, answer, gap) => {
    const lists = await list({ user: answer ?? 'never-answers' });
    expect(of(lists, 'github-user')).toEqual({ source: 'github-user', secrets: [], gap });
    expect(of(lists, 'github-repository').gap).toBeNull();
  });

  test('a token that is not accepted is named by its variable', async () => {
    const lists = await list({}, { GH_TOKEN: 'planted-wrong-token' });
    expect(lists.map(({ gap }) => gap)).toEqual(
      Array.from({ length: 3 }, () => 'GitHub does not accept the token in GH_TOKEN (HTTP 401).'),
    );
  });

  test('a token that cannot be a header is not sent', async () => {
    const lists = await list({}, { GH_TOKEN: 'planted\r\nx-evil: 1' });
    expect(of(lists, 'github-user').gap).toBe('the token in GH_TOKEN has characters that no token has.');
    expect(github.requests).toEqual([]);
  });

  test('nothing listens there', async () => {
    const { url } = github;
    await github.close();
    const lists = await list({}, { GITHUB_API_URL: url });
    expect(of(lists, 'github-user').gap).toMatch(
      /^127\.0\.0\.1:[0-9]+ gave no answer \(the connection was refused\)\.$/,
    );
    github = await startGithubStandIn({ token });
  });

  test('no answer in time holds up no other list', async () => {
    const lists = await list(
      { user: 'never-answers', repositorySecrets: { secrets: [secret(serverName)] } },
      {},
      { signal: AbortSignal.timeout(500) },
    );
    expect(of(lists, 'github-user').gap).toMatch(/gave no answer \(not in time\)\.$/);
    expect(of(lists, 'github-repository').secrets).toHaveLength(1);
  });

  test('a selected secret whose repositories are not shown: not known whether it is granted', async () => {
    const lists = await list(
      { user: { secrets: [secret(passwordName, { visibility: 'selected' })] } },
      { GITHUB_REPOSITORY: 'octo-org/other' },
    );
    expect(of(lists, 'github-user').secrets[0]?.granted).toBe(false);
    expect(of(lists, 'github-repository').gap).toMatch(/HTTP 404/);
  });
});

describe('a personal account has no organisation', () => {
  test('the owner is the user: not asked', async () => {
    const lists = await list({}, { GITHUB_USER: 'Octo-Org' });
    expect(of(lists, 'github-organization')).toEqual({
      source: 'github-organization',
      secrets: [],
      gap: null,
    });
    expect(github.requests.some(({ path }) => path.startsWith('/orgs/'))).toBe(false);
  });

  test('the owner is another person: 404 is no gap', async () => {
    const lists = await list({ organization: notFound, ownerType: 'User' });
    expect(of(lists, 'github-organization')).toEqual({
      source: 'github-organization',
      secrets: [],
      gap: null,
    });
  });
});

describe('the token', () => {
  test.each<[claim: string, env: Record<string, string>, variable: string | null]>([
    [
      'ours comes first',
      { REGISTRY_LOGIN_GITHUB_TOKEN: 'a', GH_TOKEN: 'b', GITHUB_TOKEN: 'c' },
      'REGISTRY_LOGIN_GITHUB_TOKEN',
    ],
    ['then GH_TOKEN', { GH_TOKEN: 'b', GITHUB_TOKEN: 'c' }, 'GH_TOKEN'],
    ["then the codespace's", { GITHUB_TOKEN: 'c' }, 'GITHUB_TOKEN'],
    ['a blank one is none', { REGISTRY_LOGIN_GITHUB_TOKEN: ' ', GITHUB_TOKEN: 'c' }, 'GITHUB_TOKEN'],
    ['none', {}, null],
  ])('%s', (_claim, env, variable) => expect(githubToken(env)?.variable ?? null).toBe(variable));

  test.each<[claim: string, env: Record<string, string>, asks: boolean]>([
    ['in a codespace', { CODESPACES: 'true' }, true],
    ['with a token for this very purpose', { REGISTRY_LOGIN_GITHUB_TOKEN: 'a' }, true],
    ['with GH_TOKEN and an address', { GH_TOKEN: 'b', GITHUB_API_URL: 'https://github.example.com' }, true],
    ['not elsewhere, whatever tokens there are', { GITHUB_TOKEN: 'c', GH_TOKEN: 'b' }, false],
    ['not with an address alone', { GITHUB_TOKEN: 'c', GITHUB_API_URL: 'https://github.example.com' }, false],
    [
      'not in GitHub Actions',
      { GH_TOKEN: 'b', GITHUB_API_URL: 'https://api.github.com', GITHUB_ACTIONS: 'true' },
      false,
    ],
    ['not with another value', { CODESPACES: 'false' }, false],
  ])('GitHub is asked: %s', (_claim, env, asks) => expect(mayAskGithub(env)).toBe(asks));

  test('nothing is sent where GitHub is not to be asked', async () => {
    expect(await list({}, { CODESPACES: '' })).toEqual([]);
    expect(await list({}, { GITHUB_TOKEN: '' })).toEqual([]);
    expect(github.requests).toEqual([]);
  });

  test.each<[url: string, refusal: RegExp | null]>([
    ['', null],
    ['https://api.github.com', null],
    ['https://github.example.com/api/v3', null],
    ['http://127.0.0.1:8080', null],
    ['http://localhost:8080', null],
    ['http://[::1]:8080', null],
    ['http://api.github.com', /is not https/],
    ['http://127.0.0.1.example.com', /is not https/],
    ['http://localhost.example.com', /is not https/],
    ['http://10.0.0.1', /is not https/],
    ['ftp://127.0.0.1', /is not https/],
    ['file:///etc/passwd', /is not https/],
    ['https://user:planted@api.github.com', /has a user name or password/],
    ['api.github.com', /is not a URL/],
  ])('may go to %j: %s', (url, refusal) => {
    const base = githubApiBase({ GITHUB_API_URL: url });
    if (refusal === null) expect(base).toBeInstanceOf(URL);
    else expect(base).toEqual({ refused: expect.stringMatching(refusal) as string });
    expect(JSON.stringify(base)).not.toContain('planted');
  });

  test('a refused address is a gap of every list', async () => {
    const lists = await list({}, { GITHUB_API_URL: 'http://api.github.com' });
    expect(lists.map(({ gap }) => gap)).toEqual(
      Array.from(
        { length: 3 },
        () => 'GITHUB_API_URL is not https, so no token was sent there and GitHub was not asked.',
      ),
    );
  });

  test('a next page at another origin gets no token', async () => {
    const seen: (string | undefined)[] = [];
    const foreign = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end('{"secrets":[]}');
    });
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
    const { port } = foreign.address() as AddressInfo;
    try {
      const secrets = names.map((name) => secret(name));
      for (const target of [
        `http://127.0.0.1:${port}/x`,
        `//127.0.0.1:${port}/x`,
        'http://[',
        `${github.url.replace('//', '//u:p@')}/x`,
      ]) {
        const lists = await list({ user: { secrets }, pageSize: 2, links: { foreign: target } });
        expect(of(lists, 'github-user').secrets).toHaveLength(2);
        expect(of(lists, 'github-user').gap).toBe(
          'the next page of the list is at another origin, which gets no token.',
        );
      }
      expect(seen).toEqual([]);
    } finally {
      foreign.closeAllConnections();
      await new Promise((resolve) => foreign.close(resolve));
    }
  });

  test.each(['octo-org/..', '../user', 'octo-org/a/b', 'octo-org', 'octo org/x', 'octo-org/x?y', ''])(
    'a repository named %j is not put into a path',
    async (repository) => {
      expect((await list({}, { GITHUB_REPOSITORY: repository })).map(({ source }) => source)).toEqual([
        'github-user',
      ]);
    },
  );
});
