import { describe, expect, test } from 'vitest';
import type { ListedSecret, SecretList } from '../../src/core/github-lists.ts';
import type { RestartEvidence } from '../../src/core/restart-evidence.ts';
import { decideRestart } from '../../src/core/restart.ts';
import { Secret } from '../../src/core/secret.ts';

const startedAt = Date.parse('2024-05-01T12:00:00Z');
const before = Date.parse('2024-05-01T11:00:00Z');
const after = Date.parse('2024-05-01T13:00:00Z');
const server = 'ACR_CONTAINER_REGISTRY_SERVER';
const user = 'ACR_CONTAINER_REGISTRY_USER';
const password = 'ACR_CONTAINER_REGISTRY_PASSWORD';
const complete = { [server]: 'planted-server', [user]: 'planted-user', [password]: 'planted-password' };
const stop = 'run `gh codespace stop -c "fluffy-1"`, then open it again.';

const nothing: RestartEvidence = {
  codespaces: true,
  codespaceName: 'fluffy-1',
  repository: 'octo-org/hello-world',
  startedAt,
  environment: {},
  fileSecrets: new Map(),
  lists: [],
  expect: [],
  completeSets: new Set(),
  seen: new Map(),
  changes: [],
  incomplete: [],
  rejected: [],
};

function listed(
  name: string,
  updatedAt: number | null = before,
  granted: boolean | null = true,
): ListedSecret {
  return { name, updatedAt, granted };
}

function lists(...user: ListedSecret[]): SecretList[] {
  return [
    { source: 'github-user', secrets: user, gap: null },
    { source: 'github-repository', secrets: [], gap: null },
    { source: 'github-organization', secrets: [], gap: null },
  ];
}

function file(secrets: Record<string, string>): RestartEvidence['fileSecrets'] {
  return new Map(
    Object.entries(secrets).map(([name, value]) => [
      name,
      { value: new Secret(value), file: '/shared/.env-secrets' },
    ]),
  );
}

const gap: SecretList = {
  source: 'github-organization',
  secrets: [],
  gap: 'GitHub does not show the list (HTTP 403).',
};
const gapReason = {
  secret: '*_CONTAINER_REGISTRY_*',
  source: 'github-organization',
  message:
    'The Codespaces secrets of the organisation are not known: GitHub does not show the list (HTTP 403).',
};

interface Expected {
  readonly needed: 'yes' | 'no' | 'unknown';
  readonly reasons: readonly { readonly secret: string; readonly source: string; readonly message: string }[];
  readonly how: string | null;
  readonly isWorthSaying: boolean;
}

const rows: [claim: string, evidence: Partial<RestartEvidence>, expected: Expected][] = [
  [
    'all well and nobody to ask: no',
    { environment: complete, completeSets: new Set(['ACR']) },
    { needed: 'no', reasons: [], how: null, isWorthSaying: false },
  ],
  [
    'all well by every list: no',
    {
      environment: complete,
      completeSets: new Set(['ACR']),
      lists: lists(listed(server), listed(user), listed(password)),
    },
    { needed: 'no', reasons: [], how: null, isWorthSaying: false },
  ],
  [
    'a secret updated after the start: yes',
    {
      environment: complete,
      completeSets: new Set(['ACR']),
      lists: lists(listed(server), listed(password, after)),
    },
    {
      needed: 'yes',
      reasons: [
        {
          secret: password,
          source: 'github-user',
          message: `${password} was updated in the secrets of the user at 2024-05-01T13:00:00.000Z, after the start of this container (2024-05-01T12:00:00.000Z).`,
        },
      ],
      how: `Stop and start: ${stop}`,
      isWorthSaying: true,
    },
  ],
  [
    'a secret updated in the very moment of the start is not newer',
    { environment: complete, lists: lists(listed(password, startedAt)) },
    { needed: 'no', reasons: [], how: null, isWorthSaying: false },
  ],
  [
    'a start that is not known makes nothing newer',
    { environment: complete, lists: lists(listed(password, after)), startedAt: null },
    { needed: 'no', reasons: [], how: null, isWorthSaying: false },
  ],
  [
    'a listed secret that is not here, by name and place: yes',
    {
      lists: [
        { source: 'github-repository', secrets: [listed(user), listed(password)], gap: null },
        {
          source: 'github-user',
          secrets: [listed('NPM_TOKEN'), listed('GAR_CONTAINER_REGISTRY_USERNAME')],
          gap: null,
        },
      ],
    },
    {
      needed: 'yes',
      reasons: [
        {
          secret: 'GAR_CONTAINER_REGISTRY_USERNAME',
          source: 'github-user',
          message: 'GAR_CONTAINER_REGISTRY_USERNAME is a secret of the user, and not in this container.',
        },
        {
          secret: password,
          source: 'github-repository',
          message: `${password} is a secret of the repository, and not in this container.`,
        },
        {
          secret: user,
          source: 'github-repository',
          message: `${user} is a secret of the repository, and not in this container.`,
        },
      ],
      how: `Stop and start: ${stop}`,
      isWorthSaying: true,
    },
  ],
  [
    'an empty variable is not here',
    { environment: { [password]: '  ' }, lists: lists(listed(password)) },
    {
      needed: 'yes',
      reasons: [
        {
          secret: password,
          source: 'github-user',
          message: `${password} is a secret of the user, and not in this container.`,
        },
      ],
      how: `Stop and start: ${stop}`,
      isWorthSaying: true,
    },
  ],
  [
    'a listed secret that a login saw since the start is in this container, if not in this shell',
    { lists: lists(listed(password)), seen: new Map([['ACR', new Map([['PASSWORD', '0000']])]]) },
    { needed: 'no', reasons: [], how: null, isWorthSaying: false },
  ],
  [
    'a secret that this repository is not granted: a start alone is no help, grant access; silent where nobody wants it',
    { lists: lists(listed(password, after, false)) },
    {
      needed: 'unknown',
      reasons: [
        {
          secret: password,
          source: 'github-user',
          message: `${password}, a secret of the user, is not granted to octo-org/hello-world.`,
        },
      ],
      how: `Grant this repository access to ${password} (GitHub: Settings, Codespaces, Codespaces secrets, "Repository access"). Then stop and start: ${stop}`,
      isWorthSaying: false,
    },
  ],
  [
    'the same where the set is expected: worth saying, and no guess beside it',
    { lists: lists(listed(password, before, false)), expect: ['ACR'] },
    {
      needed: 'unknown',
      reasons: [
        {
          secret: password,
          source: 'github-user',
          message: `${password}, a secret of the user, is not granted to octo-org/hello-world.`,
        },
      ],
      how: `Grant this repository access to ${password} (GitHub: Settings, Codespaces, Codespaces secrets, "Repository access"). Then stop and start: ${stop}`,
      isWorthSaying: true,
    },
  ],
  [
    'a secret that is here from another place needs no grant',
    { environment: complete, lists: lists(listed(password, after, false)) },
    { needed: 'no', reasons: [], how: null, isWorthSaying: false },
  ],
  [
    'a secret of which nobody knows whether it is granted: unknown',
    { lists: lists(listed(password, before, null)) },
    {
      needed: 'unknown',
      reasons: [
        {
          secret: password,
          source: 'github-user',
          message: `${password} is a secret of the user, and not in this container; whether it is granted to octo-org/hello-world is not known.`,
        },
      ],
      how: null,
      isWorthSaying: false,
    },
  ],
  [
    'a list that GitHub refused, all else well: unknown, but not worth saying unasked',
    { environment: complete, completeSets: new Set(['ACR']), lists: [gap] },
    { needed: 'unknown', reasons: [gapReason], how: null, isWorthSaying: false },
  ],
  [
    'a list that GitHub refused beside a yes is left out',
    {
      environment: complete,
      lists: [gap, { source: 'github-user', secrets: [listed(password, after)], gap: null }],
    },
    {
      needed: 'yes',
      reasons: [expect.objectContaining({ secret: password, source: 'github-user' })],
      how: `Stop and start: ${stop}`,
      isWorthSaying: true,
    },
  ],
  [
    'a set in the secrets files that this shell lacks: yes, a new terminal may do',
    {
      fileSecrets: file({ [password]: 'planted-password', NPM_TOKEN: 'planted' }),
      completeSets: new Set(['ACR']),
    },
    {
      needed: 'yes',
      reasons: [
        {
          secret: password,
          source: 'secrets-file',
          message: `${password} is in /shared/.env-secrets, and not in this shell.`,
        },
      ],
      how: `Open a new terminal, or stop and start: ${stop}`,
      isWorthSaying: true,
    },
  ],
  [
    'another value in the secrets files: yes, and neither value is told',
    {
      environment: complete,
      fileSecrets: file({ ...complete, [password]: 'planted-other' }),
      completeSets: new Set(['ACR']),
    },
    {
      needed: 'yes',
      reasons: [
        {
          secret: password,
          source: 'secrets-file',
          message: `${password} has another value in /shared/.env-secrets than in this shell.`,
        },
      ],
      how: `Open a new terminal, or stop and start: ${stop}`,
      isWorthSaying: true,
    },
  ],
  [
    "newlines at the end are no difference: a shell's $(…) drops them",
    { environment: complete, fileSecrets: file({ ...complete, [password]: 'planted-password\n\r\n' }) },
    { needed: 'no', reasons: [], how: null, isWorthSaying: false },
  ],
  [
    'blanks around all but the password are no difference: login trims them',
    {
      environment: {
        ...complete,
        ACR_CONTAINER_REGISTRY_SERVER: ` ${complete.ACR_CONTAINER_REGISTRY_SERVER} `,
      },
      fileSecrets: file(complete),
    },
    { needed: 'no', reasons: [], how: null, isWorthSaying: false },
  ],
  [
    'an expected name that is not here: unknown, with the causes in order',
    { expect: ['ECR', 'ACR', 'ECR'], environment: complete, completeSets: new Set(['ACR']) },
    {
      needed: 'unknown',
      reasons: [
        {
          secret: 'ECR',
          source: 'expect',
          message:
            'ECR is expected (option "expect") and not here. Causes, in this order: not created; not granted to this repository; added after the start of this container; a fork, or no write access.',
        },
      ],
      how: `If you have just added or changed a secret, stop and start: ${stop}`,
      isWorthSaying: true,
    },
  ],
  [
    'an expected name that a login saw since the start is here',
    {
      expect: ['ACR'],
      seen: new Map([
        [
          'ACR',
          new Map([
            ['SERVER', '1'],
            ['USER', '2'],
            ['PASSWORD', '3'],
          ]),
        ],
      ]),
    },
    { needed: 'no', reasons: [], how: null, isWorthSaying: false },
  ],
  [
    'an expected name with an odd one of Object.prototype is not here',
    { expect: ['constructor'] },
    {
      needed: 'unknown',
      reasons: [expect.objectContaining({ secret: 'constructor', source: 'expect' })],
      how: `If you have just added or changed a secret, stop and start: ${stop}`,
      isWorthSaying: true,
    },
  ],
  [
    'what is new or changed since the last start is news and decides nothing',
    {
      changes: [
        { name: 'ACR', change: 'changed', fields: ['PASSWORD', 'USER'] },
        { name: 'GAR', change: 'new', fields: [] },
      ],
    },
    {
      needed: 'no',
      reasons: [
        {
          secret: 'ACR',
          source: 'last-start',
          message: 'ACR has changed since the last start (PASSWORD, USER).',
        },
        { secret: 'GAR', source: 'last-start', message: 'GAR is new since the last start.' },
      ],
      how: null,
      isWorthSaying: false,
    },
  ],
  [
    'a set that has gone: unknown',
    { changes: [{ name: 'ACR', change: 'gone', fields: [] }] },
    {
      needed: 'unknown',
      reasons: [
        { secret: 'ACR', source: 'last-start', message: 'ACR was here at the last start, and no longer.' },
      ],
      how: `If it should be here, see that it still exists and is given to this container; then stop and start: ${stop}`,
      isWorthSaying: false,
    },
  ],
  [
    'a set that has gone from GitHub too is no sign',
    {
      changes: [{ name: 'ACR', change: 'gone', fields: [] }],
      lists: lists(listed('GAR_CONTAINER_REGISTRY_USER')),
      environment: { GAR_CONTAINER_REGISTRY_USER: 'x' },
    },
    {
      needed: 'no',
      reasons: [
        { secret: 'ACR', source: 'last-start', message: 'ACR was here at the last start, and no longer.' },
      ],
      how: null,
      isWorthSaying: false,
    },
  ],
  [
    'an incomplete and a rejected set: unknown, "if you have just changed it"',
    {
      environment: { [user]: 'planted-user' },
      incomplete: [{ name: 'ACR', variables: [server, password] }],
      rejected: ['GAR'],
      expect: ['ACR'],
    },
    {
      needed: 'unknown',
      reasons: [
        {
          secret: server,
          source: 'heuristic',
          message: `${server} is missing. If you have just added it, stop and start.`,
        },
        {
          secret: password,
          source: 'heuristic',
          message: `${password} is missing. If you have just added it, stop and start.`,
        },
        {
          secret: 'GAR_CONTAINER_REGISTRY_PASSWORD',
          source: 'heuristic',
          message: 'The login of GAR was rejected. If you have just changed its secrets, stop and start.',
        },
      ],
      how: `If you have just added or changed a secret, stop and start: ${stop}`,
      isWorthSaying: true,
    },
  ],
  [
    'a missing variable that GitHub lists is a fact, and no guess beside it',
    {
      environment: { [server]: 's', [user]: 'u' },
      incomplete: [{ name: 'ACR', variables: [password] }],
      lists: lists(listed(server), listed(user), listed(password)),
    },
    {
      needed: 'yes',
      reasons: [
        {
          secret: password,
          source: 'github-user',
          message: `${password} is a secret of the user, and not in this container.`,
        },
      ],
      how: `Stop and start: ${stop}`,
      isWorthSaying: true,
    },
  ],
  [
    'a rejected set whose secrets are all on the lists and older than the start: a start brings nothing new',
    {
      environment: complete,
      rejected: ['ACR'],
      lists: lists(listed(server), listed(user), listed(password)),
    },
    { needed: 'no', reasons: [], how: null, isWorthSaying: false },
  ],
  [
    'a rejected set of which one variable comes from elsewhere: unknown',
    { environment: complete, rejected: ['ACR'], lists: lists(listed(server), listed(password)) },
    {
      needed: 'unknown',
      reasons: [expect.objectContaining({ secret: password, source: 'heuristic' })],
      how: `If you have just added or changed a secret, stop and start: ${stop}`,
      isWorthSaying: true,
    },
  ],
  [
    'a rejected set, and one list is missing: unknown',
    {
      environment: complete,
      rejected: ['ACR'],
      lists: [...lists(listed(server), listed(user), listed(password)).slice(0, 2), gap],
    },
    {
      needed: 'unknown',
      reasons: [gapReason, expect.objectContaining({ source: 'heuristic' })],
      how: `If you have just added or changed a secret, stop and start: ${stop}`,
      isWorthSaying: true,
    },
  ],
  [
    'reasons come best source first',
    {
      lists: [
        gap,
        { source: 'github-user', secrets: [listed('GAR_CONTAINER_REGISTRY_USER', before, false)], gap: null },
      ],
      expect: ['ECR'],
      changes: [{ name: 'HUB', change: 'gone', fields: [] }],
      rejected: ['QUAY'],
    },
    {
      needed: 'unknown',
      reasons: ['github-user', 'github-organization', 'expect', 'last-start', 'heuristic'].map(
        (source) => expect.objectContaining({ source }) as never,
      ),
      how: expect.stringContaining('Grant this repository access') as never,
      isWorthSaying: true,
    },
  ],
];

describe('is a stop and start needed?', () => {
  test.each(rows)('%s', (_claim, evidence, { isWorthSaying, ...restart }) => {
    const decision = decideRestart({ ...nothing, ...evidence });
    expect(decision).toEqual({ restart, isWorthSaying });
    expect(JSON.stringify(decision)).not.toContain('planted');
  });
});

describe('how', () => {
  const expected = { ...nothing, expect: ['ACR'] };
  test.each<[claim: string, changes: Partial<RestartEvidence>, text: string]>([
    ['the codespace is named', {}, 'gh codespace stop -c "fluffy-1"'],
    [
      'a name that is not known stays a variable',
      { codespaceName: null },
      'gh codespace stop -c "$CODESPACE_NAME"',
    ],
    [
      'a name that a shell would run stays a variable',
      { codespaceName: '$(reboot)' },
      'gh codespace stop -c "$CODESPACE_NAME"',
    ],
    [
      'a local container is started with its secrets',
      { codespaces: false },
      'stop this container, then run `devcontainer up --secrets-file FILE',
    ],
  ])('%s', (_claim, changes, text) => {
    expect(decideRestart({ ...expected, ...changes }).restart.how).toContain(text);
  });

  test('an organisation has settings of its own', () => {
    const organization: SecretList = {
      source: 'github-organization',
      secrets: [listed(password, before, false)],
      gap: null,
    };
    expect(decideRestart({ ...nothing, lists: [organization] }).restart.how).toContain(
      "the organisation's Settings",
    );
  });
});
