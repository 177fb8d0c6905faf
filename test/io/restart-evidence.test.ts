import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gatherRestartEvidence, type RestartFindings } from '../../src/io/restart-evidence.ts';
import { readSources } from '../../src/io/sources.ts';
import { type GithubStandIn, notAccessible, startGithubStandIn } from '../support/github-stand-in.ts';
import { createTestSystem, type TestSystem } from '../support/test-system.ts';

const token = 'planted-github-token';
const startedAt = Date.parse('2024-05-01T12:00:00Z');
const acr = {
  ACR_CONTAINER_REGISTRY_SERVER: 'planted.example.com',
  ACR_CONTAINER_REGISTRY_USER: 'planted-user',
  ACR_CONTAINER_REGISTRY_PASSWORD: 'planted-password',
};
const password = 'ACR_CONTAINER_REGISTRY_PASSWORD';
const allWell: RestartFindings = { problems: [], rows: [{ name: 'ACR', status: 'ok' }], changes: [] };

let github: GithubStandIn;
let secretsDirectory: string;
let current: TestSystem | null;

beforeEach(async () => {
  github = await startGithubStandIn({ token });
  secretsDirectory = mkdtempSync(join(tmpdir(), 'registry-login-secrets-'));
  current = null;
});

afterEach(async () => {
  await current?.cleanup();
  await github.close();
  rmSync(secretsDirectory, { recursive: true, force: true });
});

async function assess(
  env: Record<string, string>,
  findings: RestartFindings = allWell,
  signal = AbortSignal.timeout(10_000),
) {
  current = createTestSystem({
    env: {
      CODESPACES: 'true',
      CODESPACE_NAME: 'fluffy-1',
      GITHUB_TOKEN: token,
      GITHUB_REPOSITORY: 'octo-org/hello-world',
      GITHUB_API_URL: github.url,
      REGISTRY_LOGIN_SECRETS_DIR: secretsDirectory,
      ...env,
    },
    containerStart: { id: 'boot:1', startedAt },
  });
  const { system } = current;
  const evidence = await gatherRestartEvidence(system, readSources(system), signal);
  const decision = evidence.decide(findings);
  expect(JSON.stringify(decision)).not.toContain('planted');
  return decision;
}

describe('the verdict from real files and answers', () => {
  test('all lists older than the start: no', async () => {
    github.set({
      user: { secrets: Object.keys(acr).map((name) => ({ name, updatedAt: '2024-05-01T11:59:59Z' })) },
    });
    expect(await assess(acr)).toEqual({
      restart: { needed: 'no', reasons: [], how: null },
      isWorthSaying: false,
    });
  });

  test('one secret of the organisation is newer: yes', async () => {
    github.set({ organization: { secrets: [{ name: password, updatedAt: '2024-05-01T12:00:01Z' }] } });
    const { restart } = await assess(acr);
    expect(restart).toMatchObject({
      needed: 'yes',
      reasons: [{ secret: password, source: 'github-organization' }],
    });
    expect(restart.how).toContain('gh codespace stop -c "fluffy-1"');
  });

  test('selected repositories are asked for only where that decides something', async () => {
    const secrets = [
      ...Object.keys(acr).map((name) => ({
        name,
        updatedAt: '2024-01-01T00:00:00Z',
        visibility: 'selected' as const,
      })),
      {
        name: 'GAR_CONTAINER_REGISTRY_USER',
        updatedAt: '2024-01-01T00:00:00Z',
        visibility: 'selected' as const,
      },
    ];
    github.set({ user: { secrets } });
    const { restart } = await assess(acr);
    expect(restart).toMatchObject({
      needed: 'unknown',
      reasons: [{ secret: 'GAR_CONTAINER_REGISTRY_USER', source: 'github-user' }],
    });
    expect(restart.how).toContain('Grant this repository access to GAR_CONTAINER_REGISTRY_USER');
    expect(
      github.requests.filter(({ path }) => path.includes('/repositories')).map(({ path }) => path),
    ).toEqual(['/user/codespaces/secrets/GAR_CONTAINER_REGISTRY_USER/repositories?per_page=10']);
  });

  test("the codespace's own token, as it is: unknown with the permissions, and silent", async () => {
    github.set({ user: notAccessible, repositorySecrets: notAccessible, organization: notAccessible });
    const { restart, isWorthSaying } = await assess(acr);
    expect(restart).toMatchObject({ needed: 'unknown', how: null });
    expect(
      restart.reasons.map(
        ({ message }) => /codespace:secrets|"Codespaces secrets"|admin:org/.exec(message)?.[0],
      ),
    ).toEqual(['codespace:secrets', '"Codespaces secrets"', 'admin:org']);
    expect(isWorthSaying).toBe(false);
  });

  test('a set that only the secrets file has: yes, open a new terminal', async () => {
    const lines = Object.entries(acr).map(
      ([name, value]) => `${name}=${Buffer.from(value).toString('base64')}`,
    );
    writeFileSync(join(secretsDirectory, '.env-secrets'), lines.join('\n'));
    const { restart } = await assess({ GITHUB_TOKEN: '' });
    expect(restart.needed).toBe('yes');
    expect(restart.reasons.map(({ secret, source }) => `${source} ${secret}`)).toEqual(
      Object.keys(acr)
        .toSorted()
        .map((name) => `secrets-file ${name}`),
    );
    expect(restart.how).toMatch(/^Open a new terminal, or stop and start/);
  });

  test('in a local container nothing is sent, and no HTTP client is loaded', async () => {
    const decision = await assess({ ...acr, CODESPACES: '', REGISTRY_LOGIN_EXPECT: 'ACR' });
    expect(decision.restart).toEqual({ needed: 'no', reasons: [], how: null });
    expect(current?.usedHttp()).toBe(false);
    expect(github.requests).toEqual([]);
  });

  test('an incomplete set and an expected one that is not here', async () => {
    current = createTestSystem({
      env: { ACR_CONTAINER_REGISTRY_USER: 'planted-user', REGISTRY_LOGIN_EXPECT: 'ACR,ECR' },
    });
    const sources = readSources(current.system);
    const evidence = await gatherRestartEvidence(current.system, sources, AbortSignal.timeout(10_000));
    const { restart } = evidence.decide({ problems: sources.problems, rows: [], changes: [] });
    expect(restart.needed).toBe('unknown');
    expect(restart.reasons.map(({ secret, source }) => `${source} ${secret}`)).toEqual([
      'expect ECR',
      'heuristic ACR_CONTAINER_REGISTRY_SERVER',
      'heuristic ACR_CONTAINER_REGISTRY_PASSWORD',
    ]);
    expect(restart.how).toContain('devcontainer up --secrets-file');
  });

  test("the codespace's own token is no sign: it is new at each start", async () => {
    const { restart } = await assess(
      { GITHUB_USER: 'octo-org' },
      {
        problems: [],
        rows: [{ name: 'GITHUB_TOKEN', status: 'rejected' }],
        changes: [{ name: 'GITHUB_TOKEN', change: 'changed', fields: ['PASSWORD'] }],
      },
    );
    expect(restart).toEqual({ needed: 'no', reasons: [], how: null });
  });

  test('GitHub that never answers is unknown when the time is over', async () => {
    github.set({ user: 'never-answers' });
    const { restart } = await assess(acr, allWell, AbortSignal.timeout(300));
    expect(restart).toMatchObject({ needed: 'unknown', reasons: [{ source: 'github-user' }] });
    expect(restart.reasons[0]?.message).toMatch(/not in time/);
  });
});
