import { describe, expect, test } from 'vitest';
import { explainVerdict } from '../../src/core/explain.ts';
import type { SecretSet } from '../../src/core/secret-set.ts';
import type { UnreachableCause, UnsupportedCause, Verdict } from '../../src/core/verdict.ts';
import { secretSet } from '../support/sets.ts';

const set = secretSet({});
const codespaceToken: SecretSet = {
  ...secretSet({ name: 'GITHUB_TOKEN', server: 'ghcr.io' }),
  kind: 'github',
  source: 'codespace-token',
};

const unreachable: Record<UnreachableCause, string> = {
  'name-not-resolved': 'registry.example.com could not be resolved (ENOTFOUND)',
  'connection-refused': 'registry.example.com refused the connection (ECONNREFUSED)',
  timeout: 'registry.example.com did not answer in time',
  tls: 'the certificate of registry.example.com was not accepted: it is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)',
  'connection-lost': 'the connection to registry.example.com was lost (ECONNRESET)',
  'server-error': 'HTTP 503 from registry.example.com',
  'rate-limited': 'HTTP 429 from registry.example.com, with 30 s to wait',
  proxy: 'the proxy proxy.example.com:3128 (HTTPS_PROXY) refused the connection (ECONNREFUSED)',
};

const unsupported: Record<UnsupportedCause, string> = {
  'realm-refused':
    'registry.example.com sends logins to auth.example.org, which is not known to belong to it',
  'not-a-registry': 'HTTP 404 from registry.example.com',
  'unknown-challenge':
    'registry.example.com asks for a kind of login other than Basic and Bearer: "Negotiate"',
  redirect: 'HTTP 301 from registry.example.com, a redirect to www.example.com',
  'answer-not-understood': 'the answer of registry.example.com is not HTTP',
  'answer-too-large': 'the answer of registry.example.com has too many headers',
  'insecure-http':
    'registry.example.com is written with http://, and is neither on loopback nor in insecureRegistries',
};

const certificates: readonly string[] = [
  'the certificate of registry.example.com was not accepted: it has expired (CERT_HAS_EXPIRED)',
  'the certificate of registry.example.com was not accepted: it is for another name (ERR_TLS_CERT_ALTNAME_INVALID)',
];

const everyFailure: Verdict[] = [
  { outcome: 'rejected', httpStatus: 401, detail: 'HTTP 401 from registry.example.com' },
  ...Object.entries(unreachable).map(([cause, detail]): Verdict => ({
    outcome: 'unreachable',
    cause: cause as UnreachableCause,
    detail,
  })),
  ...Object.entries(unsupported).map(([cause, detail]): Verdict => ({
    outcome: 'unsupported',
    cause: cause as UnsupportedCause,
    detail,
  })),
  { outcome: 'rejected', httpStatus: 403, isUnasked: true, detail: 'HTTP 403 from registry.example.com' },
  {
    outcome: 'rejected',
    httpStatus: 401,
    isUnasked: true,
    detail: 'HTTP 401 from registry.example.com to GET /v2/ does not say how to log in',
  },
  ...certificates.map((detail): Verdict => ({ outcome: 'unreachable', cause: 'tls', detail })),
];

test('accepted is ok, with nothing to do', () => {
  expect(explainVerdict({ outcome: 'accepted', identityToken: null }, set)).toEqual({
    status: 'ok',
    message: 'Logged in as someone.',
    advice: null,
  });
});

test('a registry that asks for no credentials could not be verified, and that is no failure', () => {
  expect(
    explainVerdict({ outcome: 'unverified', detail: 'registry.example.com lets everybody in' }, set),
  ).toEqual({
    status: 'unverified',
    message: 'Could not be verified: registry.example.com lets everybody in.',
    advice: null,
  });
});

test('every failure, in full', () => {
  const explained = everyFailure.map((verdict) => {
    const { status, message, advice } = explainVerdict(verdict, set);
    return `${status}: ${message}\n  ${advice}`;
  });
  expect(explained.join('\n')).toMatchSnapshot();
});

describe.each(
  everyFailure.map((verdict) => ({ verdict, title: 'cause' in verdict ? verdict.cause : verdict.outcome })),
)('after $title', ({ verdict, title }) => {
  const { status, message, advice } = explainVerdict(verdict, set);

  test('the status is that of the outcome', () => {
    const statuses = { rejected: 'rejected', unreachable: 'unreachable', unsupported: 'error' } as const;
    expect(status).toBe(statuses[verdict.outcome as keyof typeof statuses]);
  });

  test('the message has the cause, and leaves to the caller what becomes of the credentials', () => {
    const { detail } = verdict as { detail: string };
    expect(message.toLowerCase()).toContain(detail.toLowerCase());
    expect(message).not.toContain('stored');
  });

  test('message and advice are sentences', () => {
    expect(message).toMatch(/^[A-Z][^]*\.$|^registry\.example\.com [^]*\.$/);
    expect(advice).toMatch(/^[A-Z][^]*\.$/);
    expect(`${message}${advice}`).not.toMatch(/\.\.|undefined|null/);
  });

  test('the advice names the variable to fix, or the command to run again', () => {
    const named =
      title === 'proxy'
        ? /HTTPS_PROXY/
        : title === 'rate-limited'
          ? /`registry-login login --only ACR`/
          : /ACR_CONTAINER_REGISTRY_/;
    expect(advice).toMatch(named);
  });

  test('nothing names the password', () => {
    expect(`${message}${advice}`).not.toContain('hunter2');
  });

  test("the codespace's own token has no variables to fix", () => {
    const explained = explainVerdict(verdict, codespaceToken);
    if (title === 'insecure-http') return;
    expect(`${explained.message}${explained.advice}`).not.toContain('_CONTAINER_REGISTRY_');
    expect(explained.advice).toMatch(/ghcr\.io|--only GITHUB_TOKEN|this repository/);
  });
});

describe('what a well-known registry wants', () => {
  test.each([
    ['docker.io', 'Docker ID'],
    ['https://index.docker.io/v1/', 'personal access token'],
    ['ghcr.io', 'read:packages'],
    ['mycompany.azurecr.io', 'AcrPull'],
    ['gcr.io', '_json_key'],
    ['eu.gcr.io', '_json_key'],
    ['europe-west3-docker.pkg.dev', '_json_key'],
    ['registry.gitlab.com', 'read_registry'],
    ['quay.io', 'robot account'],
  ])('%s: %s', (server, hint) => {
    expect(explainVerdict(everyFailure[0] as Verdict, secretSet({ server })).advice).toContain(hint);
  });

  test.each(['notgcr.io', 'azurecr.io.example.com', 'ghcr.io.example.com', 'docker.io:5000'])(
    '%s is not well known',
    (server) => {
      expect(explainVerdict(everyFailure[0] as Verdict, secretSet({ server })).advice).toBe(
        'Check ACR_CONTAINER_REGISTRY_USER and ACR_CONTAINER_REGISTRY_PASSWORD.',
      );
    },
  );

  test("Docker Hub's web site is not its registry", () => {
    const verdict: Verdict = {
      outcome: 'unsupported',
      cause: 'not-a-registry',
      detail: 'HTTP 404 from hub.docker.com',
    };
    expect(explainVerdict(verdict, secretSet({ server: 'https://hub.docker.com' })).advice).toBe(
      "Set ACR_CONTAINER_REGISTRY_SERVER to docker.io, Docker Hub's registry.",
    );
  });
});

test('a server without TLS is told apart from one with an unknown CA', () => {
  const verdict: Verdict = {
    outcome: 'unreachable',
    cause: 'tls',
    detail: 'registry.example.com:5000 did not answer in TLS (ERR_SSL_WRONG_VERSION_NUMBER)',
  };
  const { message, advice } = explainVerdict(verdict, secretSet({ server: 'registry.example.com:5000' }));
  expect(message).toMatch(/^registry\.example\.com:5000 did not answer in TLS/);
  expect(advice).toContain('add registry.example.com:5000 to the option insecureRegistries');
});
