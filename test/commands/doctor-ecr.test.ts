import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAuthority } from '../support/certificates.ts';
import { doctor, setFor } from '../support/doctor.ts';
import { accessKeyId, ecrHost as host } from '../support/ecr-scenario.ts';
import { type EcrStandIn, startEcrStandIn } from '../support/ecr-stand-in.ts';
import { buildIndex } from '../support/image.ts';
import { startProxy } from '../support/proxy.ts';
import { startRegistry } from '../support/registry.ts';
import { temporaryHome, type TemporaryHome } from '../support/temporary-home.ts';

const secretAccessKey = 'PLANTED/secret+access/key';
const token = 'PLANTED-token-of-ecr';

let home: TemporaryHome;
let aws: EcrStandIn;

beforeEach(async () => {
  home = temporaryHome();
  aws = await startEcrStandIn({ keys: [{ accessKeyId, secretAccessKey }], password: token });
});
afterEach(async () => {
  home[Symbol.dispose]();
  await aws.close();
});

function keys(secret = secretAccessKey): Record<string, string> {
  return {
    ...setFor(host, { name: 'ECR', user: accessKeyId, password: secret }),
    AWS_ENDPOINT_URL_ECR: aws.url,
  };
}

/** A token as ECR's that says when it ends. */
function tokenUntil(time: number): string {
  return Buffer.from(
    JSON.stringify({
      payload: 'PLANTED',
      datakey: 'x',
      version: '2',
      type: 'DATA_KEY',
      expiration: time / 1000,
    }),
  ).toString('base64');
}

describe('AWS keys', () => {
  test('the exchange is the token step, and the registry is asked with its token', async () => {
    const authority = await createAuthority();
    const registry = await startRegistry({
      users: { AWS: token },
      tls: await authority.issue([`DNS:${host}`]),
      repositories: { 'team/app': { tags: { '1': buildIndex(['amd64', 'arm64']) } } },
    });
    const proxy = await startProxy({ target: registry.host });
    try {
      const ca = home.write('ca.crt', authority.cert);
      const env = { ...keys(), HTTPS_PROXY: `http://${proxy.host}`, NODE_EXTRA_CA_CERTS: ca };
      const result = await doctor(home, env, [`${host}/team/app:1`]);
      expect(result.steps()).toBe(
        'variables ok, resolve skipped, connect skipped, tls ok, version ok, challenge ok, token ok, login ok, config skipped',
      );
      expect(result.row()).toMatchObject({ kind: 'ecr', status: 'ok', username: accessKeyId });
      expect(Date.parse(result.row().expiresAt ?? '')).toBeGreaterThan(Date.now() + 11 * 3_600_000);
      expect(result.image()).toMatchObject({
        pullable: true,
        message: 'Can be pulled with ECR. It is an index of several platforms.',
      });
      expect(aws.exchanges).toBe(1);
      expect(result.exitCode).toBe(0);
    } finally {
      await Promise.all([proxy.close(), registry.close(), authority.remove()]);
    }
  });

  test("the registry's name is not resolved: the exchange is shown all the same", async () => {
    const result = await doctor(home, keys());
    expect(result.steps()).toBe('variables ok, resolve failed, token ok, config skipped');
    expect(result.step('token').message).toBe('AWS accepted the keys; the token expires in 12 h.');
    expect(result.row()).toMatchObject({
      status: 'unreachable',
      message: `${host} could not be resolved (ENOTFOUND).`,
    });
    expect(result.exitCode).toBe(1);
  });

  test('a missing permission explains the registry, whatever the network', async () => {
    await aws.close();
    aws = await startEcrStandIn({ keys: [{ accessKeyId, secretAccessKey, permissions: [] }] });
    const result = await doctor(home, keys());
    expect(result.steps()).toBe('variables ok, resolve failed, token failed, config skipped');
    expect(result.row().status).toBe('rejected');
    expect(`${result.row().message} ${result.row().advice}`).toContain('ecr:GetAuthorizationToken');
  });

  test('a wrong secret key names its variable', async () => {
    const result = await doctor(home, keys('PLANTED/wrong'));
    expect(result.row().status).toBe('rejected');
    expect(result.row().advice).toContain('ECR_CONTAINER_REGISTRY_PASSWORD');
  });

  test('neither AWS nor the registry is reached: the first step explains', async () => {
    const result = await doctor(home, { ...keys(), AWS_ENDPOINT_URL_ECR: 'http://127.0.0.1:1' });
    expect(result.steps()).toBe('variables ok, resolve failed, token failed, config skipped');
    expect(result.row()).toMatchObject({
      status: 'unreachable',
      message: `${host} could not be resolved (ENOTFOUND).`,
    });
  });

  test('our helper for it is not run: it would write a token', async () => {
    home.write('.docker/config.json', JSON.stringify({ credHelpers: { [host]: 'registry-login' } }));
    home.write('bin/docker-credential-registry-login', '#!/bin/sh\ntouch "$HOME/was-run"\n', 0o755);
    expect((await doctor(home, keys())).step('config')).toMatchObject({
      status: 'ok',
      message: 'docker asks our credential helper (credHelpers), which renews the token.',
    });
  });
});

describe('USER AWS', () => {
  const withToken = (end: number): Record<string, string> =>
    setFor(host, { name: 'ECR', user: 'AWS', password: tokenUntil(end) });
  const now = Date.UTC(2026, 10, 2, 12);

  test('an expired token is not sent', async () => {
    const result = await doctor(home, withToken(now - 3 * 3_600_000), [], { now });
    expect(result.step('token')).toMatchObject({
      status: 'failed',
      message: 'The ECR token expired 3 h ago.',
    });
    expect(result.row()).toMatchObject({ status: 'rejected', expiresAt: '2026-11-02T09:00:00.000Z' });
    expect(result.row().advice).toContain('Put a new token into ECR_CONTAINER_REGISTRY_PASSWORD');
  });

  test('a valid one says when it ends', async () => {
    const result = await doctor(home, withToken(now + 3_600_000), [], { now });
    expect(result.row().expiresAt).toBe('2026-11-02T13:00:00.000Z');
    expect(result.steps()).toBe('variables ok, resolve failed, config skipped');
  });
});
