import type {
  CommandName,
  ImageReport,
  Problem,
  ProblemCode,
  RegistryKind,
  RegistryReport,
  RegistryStatus,
  Report,
  Restart,
  RestartReason,
  Step,
  Store,
} from './report.ts';

type Schema = Readonly<Record<string, unknown>>;
type OptionalKeys<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];

/** An object with exactly these properties; the types hold the schema to Report, in both directions. */
function objectOf<T>(
  properties: { readonly [K in keyof T]-?: Schema },
  ...optional: readonly OptionalKeys<T>[]
): Schema {
  const required = Object.keys(properties).filter((key) => !optional.some((name) => name === key));
  return { type: 'object', properties, required, additionalProperties: false };
}

function enumOf<T extends string>(values: Readonly<Record<T, true>>): Schema {
  return { enum: Object.keys(values) };
}

function arrayOf(items: Schema): Schema {
  return { type: 'array', items };
}

function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: 'null' }] };
}

function described(description: string, schema: Schema): Schema {
  return { description, ...schema };
}

const text: Schema = { type: 'string', minLength: 1 };
const advice = described('The next step; null where nothing is to be done.', orNull(text));

const step = objectOf<Step>({
  step: enumOf<Step['step']>({
    variables: true,
    resolve: true,
    connect: true,
    tls: true,
    version: true,
    challenge: true,
    token: true,
    login: true,
    config: true,
  }),
  status: enumOf<Step['status']>({ ok: true, failed: true, skipped: true }),
  message: text,
  advice,
});

const registry = objectOf<RegistryReport>(
  {
    name: described("The set's <NAME>; GITHUB_TOKEN for the codespace's own token.", text),
    server: described('The key in the Docker config; null where the SERVER is no host.', orNull(text)),
    username: orNull(text),
    kind: enumOf<RegistryKind>({ basic: true, ecr: true, 'ecr-public': true, github: true }),
    status: enumOf<RegistryStatus>({
      ok: true,
      unverified: true,
      rejected: true,
      unreachable: true,
      error: true,
      removed: true,
      planned: true,
    }),
    store: described(
      'Where the credentials stand: auths, credHelpers, both, or nowhere.',
      orNull(enumOf<Store>({ config: true, helper: true, both: true })),
    ),
    expiresAt: described(
      'ISO 8601, UTC.',
      orNull({
        type: 'string',
        pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z$',
      }),
    ),
    durationMs: described('Milliseconds.', orNull({ type: 'integer', minimum: 0 })),
    message: text,
    advice,
    steps: described('In the order they were taken; doctor only.', arrayOf(step)),
  },
  'steps',
);

const problem = objectOf<Problem>({
  code: enumOf<ProblemCode>({
    'incomplete-set': true,
    'near-miss': true,
    'duplicate-server': true,
    'unknown-name': true,
    'secrets-file': true,
    'invalid-option': true,
    'helper-not-found': true,
    'helper-failed': true,
    'config-file': true,
    'state-file': true,
  }),
  name: described("The set's <NAME>, where it is about one.", orNull({ type: 'string' })),
  variables: described('The variables to fix.', arrayOf(text)),
  message: text,
  advice,
});

const restart = objectOf<Restart>({
  needed: enumOf<Restart['needed']>({ yes: true, no: true, unknown: true }),
  reasons: arrayOf(
    objectOf<RestartReason>({
      secret: described("A variable's name, or a set's <NAME>; never a value.", text),
      source: enumOf<RestartReason['source']>({
        'github-user': true,
        'github-repository': true,
        'github-organization': true,
        'secrets-file': true,
        expect: true,
        'last-start': true,
        heuristic: true,
      }),
      message: text,
    }),
  ),
  how: described('What to run; null where nothing is to be done.', orNull(text)),
});

const image = objectOf<ImageReport>({
  image: described('As it was asked for.', { type: 'string' }),
  pullable: described('null where it could not be found out.', orNull({ type: 'boolean' })),
  digest: orNull({ type: 'string', pattern: '^[a-z0-9]+([+._-][a-z0-9]+)*:[0-9a-fA-F]{32,}$' }),
  message: text,
  advice,
});

/** JSON Schema 2020-12 of what every command prints with `--json`. The build writes it to dist/report.schema.json; nothing loads it at run time. */
export const reportSchema: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:devcontainer-registry-login:report:1',
  title: 'registry-login report',
  ...objectOf<Report>(
    {
      schemaVersion: { const: 1 },
      command: enumOf<CommandName>({ login: true, status: true, doctor: true, logout: true }),
      configFile: described("The Docker config's path; null where it is not known.", orNull(text)),
      registries: arrayOf(registry),
      problems: arrayOf(problem),
      restart: described('Whether the container has to be stopped and started to see new secrets.', restart),
      images: described('In the order they were asked for; doctor only.', arrayOf(image)),
    },
    'images',
  ),
};
