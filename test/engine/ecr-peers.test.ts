import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthority } from '../support/certificates.ts';
import type { PeerRun } from '../support/ecr-login-peer.ts';
import {
  startEcrStandIn,
  type EcrStandIn,
  type LoggedRequest,
  type StandInKey,
} from '../support/ecr-stand-in.ts';

const run = promisify(execFile);

// The stand-in's idea of AWS must not be ours alone: two clients that others wrote have to get along with it.
const longLived: StandInKey = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'planted/secret+key' };
const temporary: StandInKey = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'planted/other',
  sessionToken: 'planted/token==',
};
const keys = [longLived, temporary];

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ecr-peers-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

describe('the AWS CLI of Debian', () => {
  let standIn: EcrStandIn;
  beforeAll(async () => {
    standIn = await startEcrStandIn({ keys, region: 'us-east-1' });
  });
  afterAll(async () => {
    await standIn.close();
  });

  async function getLoginPassword(service: string, variables: Record<string, string>) {
    const args = [service, 'get-login-password', '--region', 'us-east-1', '--endpoint-url', standIn.url];
    const env = { PATH: '/usr/bin:/bin', HOME: directory, AWS_EC2_METADATA_DISABLED: 'true', ...variables };
    return await run('/usr/bin/aws', args, { env }).catch(
      (error: unknown) => error as { stdout: string; stderr: string },
    );
  }

  test.each([
    ['ecr', longLived],
    ['ecr-public', longLived],
    ['ecr', temporary],
  ])('%s get-login-password prints the issued password for right keys', async (service, key) => {
    const { stdout } = await getLoginPassword(service, {
      AWS_ACCESS_KEY_ID: key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
      ...(key.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: key.sessionToken }),
    });
    expect(stdout.trim()).toBe(standIn.passwords.at(-1));
  });

  test.each([
    ['a wrong secret', { ...longLived, secretAccessKey: 'wrong' }, 'InvalidSignatureException'],
    ['an unknown key', { ...longLived, accessKeyId: 'AKIAUNKNOWNKEY000000' }, 'UnrecognizedClientException'],
  ])('%s gets nothing', async (_claim, key, code) => {
    const { stdout, stderr } = await getLoginPassword('ecr', {
      AWS_ACCESS_KEY_ID: key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    });
    expect(stdout).toBe('');
    expect(stderr).toContain(`An error occurred (${code}) when calling the GetAuthorizationToken operation`);
  });
});

describe('the credential helper of AWS, as Debian packages it', () => {
  test('gets the issued password for right keys, and none for wrong ones', async () => {
    const api = 'api.ecr.eu-west-1.amazonaws.com';
    const server = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
    const runs: PeerRun[] = [
      { server, ...longLived },
      { server, ...longLived, secretAccessKey: 'wrong' },
    ];
    await writeFile(join(directory, 'runs.json'), JSON.stringify({ keys, runs }));
    await writeFile(join(directory, 'hosts'), `127.0.0.1 localhost ${api}\n`);
    const authority = await createAuthority();
    const { cert, key } = await authority.issue([`DNS:${api}`]);
    await authority.remove();
    await writeFile(join(directory, 'ca.pem'), authority.cert);
    await writeFile(join(directory, 'cert.pem'), cert);
    await writeFile(join(directory, 'key.pem'), key);

    // The namespaces end with the process: the machine's own names and ports stay as they are.
    const enter = 'ip link set lo up && mount --bind "$1/hosts" /etc/hosts && exec "$2" "$3" "$1"';
    const script = join(import.meta.dirname, '../support/ecr-login-peer.ts');
    const inside = ['sh', '-c', enter, 'sh', directory, process.execPath, script];
    const { stdout } = await run('unshare', ['--mount', '--net', '--propagation', 'private', ...inside]);
    const { results, requests, passwords } = JSON.parse(stdout) as {
      results: { code: number; stdout: string }[];
      requests: LoggedRequest[];
      passwords: string[];
    };
    expect(results.map((result) => result.code)).toEqual([0, 1]);
    expect(JSON.parse(results[0]?.stdout ?? '')).toMatchObject({ Username: 'AWS', Secret: passwords[0] });
    expect(passwords).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      host: api,
      region: 'eu-west-1',
      registryIds: ['123456789012'],
      status: 200,
    });
    expect(requests.at(-1)).toMatchObject({ status: 400, error: 'InvalidSignatureException' });
  });
});
