import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEcrStandIn, type EcrStandIn } from '../support/ecr-stand-in.ts';

const run = promisify(execFile);
const script = join(import.meta.dirname, '../support/exchange-once.ts');
const key = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'planted-secret' };

let standIn: EcrStandIn;
let trap: EcrStandIn;
let home: string;
beforeAll(async () => {
  standIn = await startEcrStandIn({ keys: [key], region: 'eu-west-1' });
  trap = await startEcrStandIn({ keys: [] });
  home = await mkdtemp(join(tmpdir(), 'ecr-ambient-'));
  await mkdir(join(home, '.aws'));
});
afterAll(async () => {
  await standIn.close();
  await trap.close();
  await rm(home, { recursive: true });
});

const hostile = (): Record<string, string> => ({
  AWS_PROFILE: 'hostile',
  AWS_DEFAULT_PROFILE: 'hostile',
  AWS_REGION: 'ap-south-1',
  AWS_DEFAULT_REGION: 'ap-south-1',
  AWS_ACCESS_KEY_ID: 'AKIAAMBIENT000000000',
  AWS_SECRET_ACCESS_KEY: 'ambient-secret',
  AWS_SESSION_TOKEN: 'ambient-token',
  AWS_CREDENTIAL_EXPIRATION: 'never',
  AWS_ENDPOINT_URL: trap.url,
  AWS_ENDPOINT_URL_ECR: trap.url,
  AWS_USE_FIPS_ENDPOINT: 'perhaps',
  AWS_USE_DUALSTACK_ENDPOINT: 'perhaps',
  AWS_MAX_ATTEMPTS: 'many',
  AWS_RETRY_MODE: 'none',
  AWS_DEFAULTS_MODE: 'none',
  AWS_SDK_UA_APP_ID: 'a\nb',
  AWS_AUTH_SCHEME_PREFERENCE: 'sigv4a',
  AWS_DISABLE_CLOCK_SKEW_CORRECTION: 'perhaps',
  AWS_EC2_METADATA_SERVICE_ENDPOINT: trap.url,
  AWS_CONTAINER_CREDENTIALS_FULL_URI: trap.url,
  AWS_WEB_IDENTITY_TOKEN_FILE: '/nonexistent',
  AWS_ROLE_ARN: 'arn:aws:iam::000000000000:role/ambient',
});

async function exchangeIn(environment: Record<string, string>, hostname: string, endpoint: string) {
  const args = [script, hostname, endpoint, key.accessKeyId, key.secretAccessKey];
  const env = { PATH: process.env['PATH'], HOME: home, ...environment };
  const { stdout, stderr } = await run(process.execPath, args, { env, timeout: 15_000 });
  return { stderr, ...(JSON.parse(stdout) as { result: { outcome: string }; asked: string[] }) };
}

/** A file that sends the SDK elsewhere, or makes it throw, wherever it reads it. */
const hostileConfig = (): string =>
  [
    '[default]',
    'region = ap-south-1',
    `endpoint_url = ${trap.url}`,
    'use_fips_endpoint = perhaps',
    'use_dualstack_endpoint = perhaps',
    'max_attempts = many',
    'retry_mode = none',
    'defaults_mode = none',
    'sdk_ua_app_id = x',
    'credential_process = /bin/false',
    '[profile hostile]',
    'source_profile = hostile',
    'role_arn = arn:aws:iam::000000000000:role/ambient',
    `endpoint_url = ${trap.url}`,
  ].join('\n');

test.each([
  ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'https://api.ecr.eu-west-1.amazonaws.com/'],
  ['123456789012.dkr-ecr-fips.eu-west-1.on.aws', 'https://ecr-fips.eu-west-1.api.aws/'],
  ['public.ecr.aws', 'https://api.ecr-public.us-east-1.amazonaws.com/'],
])(
  '%s: an ambient AWS environment and config that would break the SDK have no say',
  async (hostname, url) => {
    await writeFile(join(home, '.aws/config'), hostileConfig());
    const { result, asked, stderr } = await exchangeIn(hostile(), hostname, '');
    expect(result).toMatchObject({ outcome: 'failed', cause: 'unknown-key' });
    expect(asked).toEqual([url]);
    expect(stderr).toBe('');
  },
);

test('the keys that sign are those of the set, not the ambient ones', async () => {
  await writeFile(join(home, '.aws/config'), hostileConfig());
  const { result } = await exchangeIn(hostile(), '123456789012.dkr.ecr.eu-west-1.amazonaws.com', standIn.url);
  expect(result).toMatchObject({ outcome: 'token' });
  expect(standIn.requests).toMatchObject([{ accessKeyId: key.accessKeyId, hasSessionToken: false }]);
  expect(trap.requests).toEqual([]);
});

test.each([
  ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'https://api.ecr.eu-west-1.amazonaws.com/'],
  ['public.ecr.aws', 'https://api.ecr-public.us-east-1.amazonaws.com/'],
])('%s: the AWS config files are not even opened', async (hostname, url) => {
  // Whoever opens a named pipe that nobody writes to waits for ever.
  for (const name of ['config', 'credentials']) {
    await rm(join(home, '.aws', name), { force: true });
    await run('mkfifo', [join(home, '.aws', name)]);
  }
  const { asked } = await exchangeIn({}, hostname, '');
  expect(asked).toEqual([url]);
});
