import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAuthority } from '../support/certificates.ts';
import { doctor, plantedPassword, setFor } from '../support/doctor.ts';
import { buildImage, buildIndex } from '../support/image.ts';
import { startProxy } from '../support/proxy.ts';
import type { TestRegistry } from '../support/registry.ts';
import { temporaryHome, type TemporaryHome } from '../support/temporary-home.ts';
import { testRegistries } from '../support/test-registries.ts';

const single = buildImage();
const index = buildIndex(['amd64', 'arm64']);
const repositories = {
  'team/app': { tags: { '1': single, multi: index } },
  'team/private': { tags: { '1': single }, readers: ['somebody-else'] },
  'team/public': { tags: { '1': single }, isPublic: true },
};

let home: TemporaryHome;
const start = testRegistries(() => ({
  users: { dora: plantedPassword, guest: 'PLANTED-guest' },
  auth: 'bearer',
  repositories,
}));

beforeEach(() => {
  home = temporaryHome();
});
afterEach(() => home[Symbol.dispose]());

function login(host: string, entry: object): void {
  home.write('.docker/config.json', JSON.stringify({ auths: { [host]: entry } }));
}

const dora = { auth: Buffer.from(`dora:${plantedPassword}`).toString('base64') };

describe.each(['basic', 'bearer'] as const)('%s, with a set', (auth) => {
  test.each([
    ['a tag', 'team/app:1', single.digest, 'Can be pulled with ACR.'],
    ['a digest', `team/app@${single.digest}`, single.digest, 'Can be pulled with ACR.'],
    [
      'an index',
      'team/app:multi',
      index.digest,
      'Can be pulled with ACR. It is an index of several platforms.',
    ],
    [
      'an index by its digest',
      `team/app@${index.digest}`,
      index.digest,
      'Can be pulled with ACR. It is an index of several platforms.',
    ],
    [
      'an image of an index',
      `team/app@${index.children[0]?.digest}`,
      index.children[0]?.digest,
      'Can be pulled with ACR.',
    ],
  ])('%s', async (_claim, name, digest, message) => {
    const { host } = await start({ auth });
    const result = await doctor(home, setFor(host), [`${host}/${name}`]);
    expect(result.image()).toEqual({
      image: `${host}/${name}`,
      pullable: true,
      digest,
      message,
      advice: null,
    });
    expect(result.exitCode).toBe(0);
  });

  test('private to others: the login is good, the access is to be granted', async () => {
    const { host } = await start({ auth });
    const result = await doctor(home, setFor(host), [`${host}/team/private:1`]);
    expect(result.row().status).toBe('ok');
    expect(result.image()).toMatchObject({
      pullable: false,
      digest: null,
      message: expect.stringMatching(/^team\/private may not be pulled with ACR: HTTP 401/) as string,
      advice:
        'It is private, or not there: grant dora (ACR_CONTAINER_REGISTRY_USER) read access to team/private, or use a token with that right.',
    });
    expect(result.exitCode).toBe(1);
  });

  test('not there', async () => {
    const { host } = await start({ auth });
    const result = await doctor(home, setFor(host), [`${host}/team/app:2`]);
    expect(result.image()).toMatchObject({ pullable: false, message: `${host} shows no team/app:2 to ACR.` });
    expect(result.image().advice).toContain('Check the name.');
  });

  test('a limit that is reached: its headers', async () => {
    const headers = {
      'ratelimit-limit': '100;w=21600',
      'ratelimit-remaining': '0;w=21600',
      'docker-ratelimit-source': '203.0.113.7',
    };
    const { host } = await start({
      auth,
      faults: [{ on: /manifests/, authorized: true, does: { status: 429, headers } }],
    });
    const result = await doctor(home, setFor(host), [`${host}/team/app:1`]);
    expect(result.image()).toMatchObject({
      pullable: null,
      message: `Not known: HTTP 429 from ${host}; ratelimit-limit 100;w=21600; ratelimit-remaining 0;w=21600; docker-ratelimit-source 203.0.113.7.`,
      advice: 'The limit for pulls is reached: wait, or use an account with a higher one.',
    });
    expect(result.exitCode).toBe(1);
  });

  test('a fault of the registry', async () => {
    const { host } = await start({ auth, faults: [{ on: /manifests/, does: { status: 503 } }] });
    expect((await doctor(home, setFor(host), [`${host}/team/app:1`])).image()).toMatchObject({
      pullable: null,
      advice: 'Try again later.',
    });
  });
});

describe('the set for it does not work', () => {
  test('rejected, and the image is public: docker pulls it without a login', async () => {
    const { host } = await start();
    const result = await doctor(home, setFor(host, { password: 'PLANTED-wrong' }), [`${host}/team/public:1`]);
    expect(result.row().status).toBe('rejected');
    expect(result.image()).toMatchObject({ pullable: true, message: 'Can be pulled without a login.' });
  });

  test('rejected, and the registry remembers the password: it is not quoted, also not to anybody', async () => {
    const body = JSON.stringify({ details: `bad password ${plantedPassword}` });
    const { host } = await start({ faults: [{ on: /token/, does: { status: 401, body } }] });
    const result = await doctor(home, setFor(host), [`${host}/team/app:1`]);
    expect(result.image()).toMatchObject({
      pullable: false,
      message: `team/app may not be pulled without a login: HTTP 401 from ${host}.`,
    });
  });

  test('rejected, and the image is not: the login is to be mended', async () => {
    const { host } = await start();
    const result = await doctor(home, setFor(host, { password: 'PLANTED-wrong' }), [`${host}/team/app:1`]);
    expect(result.image()).toMatchObject({ pullable: false, advice: 'Mend the login of ACR first.' });
  });

  test('rejected, but an earlier login stands in the config', async () => {
    const { host } = await start();
    login(host, dora);
    const result = await doctor(home, setFor(host, { password: 'PLANTED-wrong' }), [`${host}/team/app:1`]);
    expect(result.image()).toMatchObject({
      pullable: true,
      message: 'Can be pulled as dora, the login that docker has.',
    });
  });

  test('out of reach', async () => {
    const result = await doctor(home, setFor('127.0.0.1:1'), ['127.0.0.1:1/team/app']);
    expect(result.image()).toMatchObject({
      pullable: null,
      message: 'Not checked: ACR does not reach 127.0.0.1:1.',
      advice: null,
    });
  });
});

describe('no set for it', () => {
  test('public: anybody', async () => {
    const { host } = await start();
    const result = await doctor(home, {}, [`${host}/team/public:1`]);
    expect(result.image()).toMatchObject({
      pullable: true,
      digest: single.digest,
      message: 'Can be pulled without a login.',
    });
    expect(result.exitCode).toBe(0);
  });

  test('private: a set is to be added', async () => {
    const { host } = await start();
    const result = await doctor(home, {}, [`${host}/team/app:1`]);
    expect(result.image()).toMatchObject({
      pullable: false,
      advice: `It is private, or not there: add a set of secrets for ${host} with the right to pull it.`,
    });
    expect(result.exitCode).toBe(1);
  });

  test('Basic lets nobody in', async () => {
    const { host } = await start({ auth: 'basic' });
    expect((await doctor(home, {}, [`${host}/team/app:1`])).image()).toMatchObject({ pullable: false });
  });

  test('the login in the Docker config is used', async () => {
    const { host } = await start();
    login(host, dora);
    const result = await doctor(home, {}, [`${host}/team/app:1`]);
    expect(result.image().message).toBe('Can be pulled as dora, the login that docker has.');
  });

  test('an identity token in the Docker config is used', async () => {
    const { host, refreshTokens } = await startWithToken();
    const token = [...refreshTokens.keys()].join('');
    login(host, { auth: Buffer.from('dora:').toString('base64'), identitytoken: token });
    const result = await doctor(home, {}, [`${host}/team/app:1`]);
    expect(result.image()).toMatchObject({ pullable: true });
  });

  test('the login of a helper is used', async () => {
    const { host } = await start();
    home.write('.docker/config.json', JSON.stringify({ credsStore: 'stub' }));
    const answer = JSON.stringify({ ServerURL: host, Username: 'dora', Secret: plantedPassword });
    home.write('bin/docker-credential-stub', `#!/bin/sh\nprintf '%s' '${answer}'\n`, 0o755);
    const result = await doctor(home, {}, [`${host}/team/app:1`]);
    expect(result.image().message).toBe('Can be pulled as dora, the login that docker has.');
  });

  test('an entry that cannot be read counts as none', async () => {
    const { host } = await start();
    login(host, { auth: 'PLANTED not base64' });
    expect((await doctor(home, {}, [`${host}/team/public:1`])).image()).toMatchObject({ pullable: true });
  });

  test.each([
    ['nothing listens', '127.0.0.1:1/app', /127\.0\.0\.1:1 refused the connection/],
    ['no name of an image', 'https://ghcr.io/x', /^Not checked: the name of an image has no scheme\.$/],
    ['a host in capitals', 'a.example/App', /capital letters/],
  ])('%s', async (_claim, image, message) => {
    const result = await doctor(home, {}, [image]);
    expect(result.image()).toMatchObject({
      image,
      pullable: null,
      digest: null,
      message: expect.stringMatching(message) as string,
    });
    expect(result.image().advice).not.toBeNull();
    expect(result.exitCode).toBe(1);
  });

  async function startWithToken(): Promise<TestRegistry> {
    const registry = await start({ refreshTokens: true });
    const authorization = `Basic ${dora.auth}`;
    await fetch(`http://${registry.tokenHost}/token?offline_token=true&service=test-registry`, {
      headers: { authorization },
    });
    return registry;
  }
});

describe('Docker Hub', () => {
  test('alpine is library/alpine at registry-1.docker.io, with the pulls that are left', async () => {
    const authority = await createAuthority();
    const limits = { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '76;w=21600' };
    const registry = await start({
      tls: await authority.issue(['DNS:registry-1.docker.io', 'DNS:auth.docker.io']),
      challenge: 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"',
      repositories: { 'library/alpine': { tags: { latest: single }, isPublic: true } },
      faults: [
        {
          on: /manifests\/latest$/,
          authorized: true,
          does: {
            status: 200,
            headers: { ...limits, 'content-type': single.mediaType, 'docker-content-digest': single.digest },
          },
        },
      ],
    });
    const proxy = await startProxy({ target: registry.host });
    try {
      const env = {
        HTTPS_PROXY: `http://${proxy.host}`,
        NODE_EXTRA_CA_CERTS: home.write('ca.crt', authority.cert),
      };
      const result = await doctor(home, env, ['alpine']);
      expect(result.image()).toEqual({
        image: 'alpine',
        pullable: true,
        digest: single.digest,
        message: 'Can be pulled without a login. 76 of 100 pulls in 6 h are left.',
        advice: null,
      });
      expect(registry.requests.map(({ method, path }) => `${method} ${path.split('?')[0]}`)).toContain(
        'HEAD /v2/library/alpine/manifests/latest',
      );
    } finally {
      await Promise.all([proxy.close(), authority.remove()]);
    }
  });
});

test('several images, in the order they were asked for, each with the set for its registry', async () => {
  const [one, other] = await Promise.all([start(), start({ users: { zoe: 'PLANTED-zoe' } })]);
  const env = {
    ...setFor(one.host, { name: 'ONE' }),
    ...setFor(other.host, { name: 'TWO', user: 'zoe', password: 'PLANTED-zoe' }),
  };
  const images = [`${other.host}/team/app:1`, `${one.host}/team/app:1`, 'Nope'];
  const { report } = await doctor(home, env, images);
  expect(report.images?.map(({ image }) => image)).toEqual(images);
  expect(report.images?.map(({ message }) => message)).toEqual([
    'Can be pulled with TWO.',
    'Can be pulled with ONE.',
    'Not checked: the name of a repository has no capital letters.',
  ]);
});

test('a registry that is slow holds up only its own images', async () => {
  const [good, slow] = await Promise.all([start(), start({ faults: [{ does: 'hang' }] })]);
  const env = { ...setFor(good.host), ...setFor(slow.host, { name: 'SLOW' }), REGISTRY_LOGIN_TIMEOUT: '1' };
  const { report } = await doctor(home, env, [`${good.host}/team/app:1`, `${slow.host}/team/app:1`]);
  expect(report.images?.map(({ pullable }) => pullable)).toEqual([true, null]);
});
