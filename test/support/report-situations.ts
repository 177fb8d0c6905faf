import { explainVerdict } from '../../src/core/explain.ts';
import type { RegistryReport, Report } from '../../src/core/report.ts';
import { discoverSets } from '../../src/core/secret-set.ts';
import type { Verdict } from '../../src/core/verdict.ts';
import { imageReport, problem, registryReport, report } from './reports.ts';
import { secretSet } from './sets.ts';

/** A row as login makes it from a verdict. */
function verified(name: string, server: string, verdict: Verdict, user = 'someone'): RegistryReport {
  const set = secretSet({ name, server, user });
  return registryReport({ name, server: set.server.key, username: user, ...explainVerdict(verdict, set) });
}

const accepted: Verdict = { outcome: 'accepted', identityToken: null };
const ecrHost = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
const ecrReport = registryReport({
  name: 'ECR',
  server: ecrHost,
  username: 'AKIAIOSFODNN7EXAMPLE',
  kind: 'ecr',
  store: 'both',
  message: 'AWS accepted the keys; the token expires in 12 h.',
});

/** What users meet, as reports. No value of theirs but `hunter2` is secret. */
export const situations = {
  oneOk: report({ registries: [verified('ACR', 'mycompany.azurecr.io', accepted, 'acr-user')] }),
  threeOk: report({
    registries: [
      verified('ACR', 'mycompany.azurecr.io', accepted, 'acr-user'),
      verified('DOCKERHUB', 'docker.io', accepted, 'someone'),
      verified('GHCR', 'ghcr.io', accepted, 'octocat'),
    ],
  }),
  okWithLongHost: report({
    registries: [verified('ACR', 'mycompany.azurecr.io', accepted, 'acr-user'), ecrReport],
  }),
  rejected: report({
    registries: [
      verified('ACR', 'mycompany.azurecr.io', accepted, 'acr-user'),
      verified(
        'GHCR',
        'ghcr.io',
        { outcome: 'rejected', httpStatus: 403, detail: 'HTTP 403 from ghcr.io: "denied"' },
        'octocat',
      ),
    ],
  }),
  unreachable: report({
    registries: [
      verified('HARBOR', 'harbor.corp.example', {
        outcome: 'unreachable',
        cause: 'name-not-resolved',
        detail: 'harbor.corp.example could not be resolved (ENOTFOUND)',
      }),
      verified('NEXUS', 'nexus.corp.example:8443', {
        outcome: 'unreachable',
        cause: 'tls',
        detail:
          'the certificate of nexus.corp.example:8443 was not accepted: its CA is not known here (SELF_SIGNED_CERT_IN_CHAIN)',
      }),
    ],
  }),
  unverified: report({
    registries: [
      verified('OPEN', 'localhost:5000', {
        outcome: 'unverified',
        detail: 'localhost:5000 lets everybody in',
      }),
    ],
  }),
  unusable: report({
    registries: discoverSets({
      BAD_CONTAINER_REGISTRY_SERVER: 'https://someone:hunter2@registry.example.com',
      BAD_CONTAINER_REGISTRY_USER: 'someone',
      BAD_CONTAINER_REGISTRY_PASSWORD: 'hunter2',
      KEY_CONTAINER_REGISTRY_SERVER: 'registry.example.com',
      KEY_CONTAINER_REGISTRY_USER: 'AKIAIOSFODNN7EXAMPLE',
      KEY_CONTAINER_REGISTRY_PASSWORD: 'hunter2',
    }).unusable.map(({ server, ...set }) =>
      registryReport({ ...set, server: server?.key ?? null, status: 'error', store: null, durationMs: null }),
    ),
  }),
  incomplete: report({
    problems: discoverSets({
      ACR_CONTAINER_REGISTRY_SERVER: 'mycompany.azurecr.io',
      ACR_CONTAINER_REGISTRY_USERNAME: 'acr-user',
      GAR_CONTAINER_REGISTRY_SERVER: 'europe-west3-docker.pkg.dev',
      GAR_CONTAINER_REGISTRY_USER: '_json_key',
      CONTAINER_REGISTRY_SERVER: 'ghcr.io',
    }).problems,
    restart: {
      needed: 'unknown',
      reasons: [
        {
          secret: 'GAR_CONTAINER_REGISTRY_PASSWORD',
          source: 'heuristic',
          message: 'GAR_CONTAINER_REGISTRY_PASSWORD is missing. If you have just added it, stop and start.',
        },
      ],
      how: 'If you have just added or changed a secret, stop and start: run `gh codespace stop -c "fluffy-space-waffle-abc123"`, then open it again.',
    },
  }),
  duplicates: report({
    registries: [verified('A', 'docker.io', accepted)],
    problems: discoverSets({
      A_CONTAINER_REGISTRY_SERVER: 'docker.io',
      A_CONTAINER_REGISTRY_USER: 'someone',
      A_CONTAINER_REGISTRY_PASSWORD: 'hunter2',
      B_CONTAINER_REGISTRY_SERVER: 'index.docker.io',
      B_CONTAINER_REGISTRY_USER: 'someone',
      B_CONTAINER_REGISTRY_PASSWORD: 'hunter2',
    }).problems,
  }),
  nothing: report({}),
  nothingToLogOutFrom: report({ command: 'logout' }),
  planned: report({
    registries: [
      registryReport({
        status: 'planned',
        store: null,
        durationMs: null,
        message: 'Would log in as acr-user and store the credentials.',
      }),
      registryReport({
        ...ecrReport,
        status: 'planned',
        store: null,
        durationMs: null,
        message: 'Would exchange the AWS keys for a token and store it.',
      }),
    ],
  }),
  removed: report({
    registries: [
      registryReport({
        status: 'removed',
        username: null,
        store: null,
        message: 'The set is gone; what was stored for it has been removed.',
      }),
    ],
  }),
  brokenConfig: report({
    registries: [verified('ACR', 'mycompany.azurecr.io', accepted, 'acr-user')],
    problems: [
      problem({
        code: 'config-file',
        name: null,
        message: '/home/vscode/.docker/config.json is not JSON: line 3, column 5. It was left as it is.',
        advice: 'Correct or remove it, then run `registry-login login` again.',
      }),
    ],
  }),
  restartNeeded: report({
    command: 'status',
    registries: [registryReport({ message: 'Configured as acr-user.' })],
    restart: {
      needed: 'yes',
      reasons: [
        {
          secret: 'ACR_CONTAINER_REGISTRY_PASSWORD',
          source: 'github-user',
          message:
            'ACR_CONTAINER_REGISTRY_PASSWORD was updated in the secrets of the user at 2026-11-02T09:30:00.000Z, after the start of this container (2026-11-02T08:00:00.000Z).',
        },
        {
          secret: 'GHCR_CONTAINER_REGISTRY_SERVER',
          source: 'github-repository',
          message: 'GHCR_CONTAINER_REGISTRY_SERVER is a secret of the repository, and not in this container.',
        },
      ],
      how: 'Stop and start: run `gh codespace stop -c "fluffy-space-waffle-abc123"`, then open it again.',
    },
  }),
  restartNotNeeded: report({
    command: 'status',
    registries: [registryReport({ message: 'Configured as acr-user.' })],
  }),
  doctor: report({
    command: 'doctor',
    registries: [
      registryReport({
        steps: [
          { step: 'variables', status: 'ok', message: 'All three are here.', advice: null },
          { step: 'resolve', status: 'ok', message: 'mycompany.azurecr.io is 203.0.113.7.', advice: null },
          { step: 'login', status: 'ok', message: 'Logged in as acr-user.', advice: null },
        ],
      }),
      registryReport({
        name: 'HARBOR',
        server: 'harbor.corp.example',
        status: 'unreachable',
        store: null,
        message: 'harbor.corp.example could not be resolved (ENOTFOUND).',
        advice: 'Check HARBOR_CONTAINER_REGISTRY_SERVER for a typing error.',
        steps: [
          { step: 'variables', status: 'ok', message: 'All three are here.', advice: null },
          {
            step: 'resolve',
            status: 'failed',
            message: 'harbor.corp.example could not be resolved (ENOTFOUND).',
            advice: 'Check HARBOR_CONTAINER_REGISTRY_SERVER for a typing error.',
          },
          { step: 'connect', status: 'skipped', message: 'Not reached.', advice: null },
        ],
      }),
    ],
    images: [
      imageReport({ digest: `sha256:${'0123456789abcdef'.repeat(4)}` }),
      imageReport({
        image: 'ghcr.io/octo-org/private:1',
        pullable: false,
        message: 'The token has no pull scope for it: the package is private.',
        advice: 'Grant octocat read access to the package.',
      }),
      imageReport({
        image: 'harbor.corp.example/team/app',
        pullable: null,
        message: 'harbor.corp.example could not be resolved (ENOTFOUND).',
      }),
    ],
  }),
  many: report({
    registries: [
      ...['A', 'B', 'C', 'D', 'E'].map((name) => verified(name, `${name}.example.com`, accepted)),
      verified('F', 'f.example.com', {
        outcome: 'rejected',
        httpStatus: 401,
        detail: 'HTTP 401 from f.example.com',
      }),
    ],
  }),
  longNames: report({
    registries: [
      verified('THE_REGISTRY_OF_THE_COMPANY', ecrHost, accepted),
      verified('X', 'x.example.com', {
        outcome: 'rejected',
        httpStatus: 401,
        detail: 'HTTP 401 from x.example.com',
      }),
    ],
  }),
} satisfies Record<string, Report>;
