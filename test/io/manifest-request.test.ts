import { afterEach, describe, expect, test } from 'vitest';
import type { Credential } from '../../src/core/credential.ts';
import { Secret } from '../../src/core/secret.ts';
import { checkManifest, type ManifestAnswer } from '../../src/io/manifest-request.ts';
import { pingAnonymously } from '../../src/io/registry-client.ts';
import { NodeClient } from '../../src/io/node-client.ts';
import { accessTo } from '../support/access.ts';
import { buildImage, buildIndex } from '../support/image.ts';
import type { TestRegistry } from '../support/registry.ts';
import { testRegistries } from '../support/test-registries.ts';

const single = buildImage();
const index = buildIndex(['amd64', 'arm64']);
const repositories = {
  'team/app': { tags: { '1.0': single, multi: index }, readers: ['reader'] },
  'library/open': { tags: { latest: single }, isPublic: true },
};
const users = { reader: 'planted-reader', other: 'planted-other' };
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map(async (close) => await close()));
});

const start = testRegistries(() => ({ users, repositories }));

async function check(registry: TestRegistry, image: string, user: string | null): Promise<ManifestAnswer> {
  const [, repository = '', reference = ''] = /^([^@:]+)[@:](.+)$/.exec(image) ?? [];
  const http = new NodeClient({});
  closers.push(async () => await http.close());
  const access = accessTo(registry.host, http, { scheme: 'http' });
  const ping = await pingAnonymously(access);
  if (ping.outcome !== 'open' && ping.outcome !== 'challenged') throw new Error(ping.outcome);
  const credential: Credential | null =
    user === null ? null : { username: user, password: new Secret(`planted-${user}`) };
  return await checkManifest(access, ping, { repository, reference }, credential);
}

const none = { limit: null, remaining: null };
const found = ({ digest, mediaType }: { digest: string; mediaType: string }): ManifestAnswer => ({
  outcome: 'found',
  digest,
  mediaType,
  rateLimit: none,
});

describe.each(['basic', 'bearer', 'optional'] as const)('with %s, a pull', (auth) => {
  const cases: [claim: string, image: string, user: string | null, expected: Partial<ManifestAnswer>][] = [
    ['of a single image by tag is possible', 'team/app:1.0', 'reader', found(single)],
    ['of an index by tag is possible', 'team/app:multi', 'reader', found(index)],
    ['by digest is possible', `team/app@${index.digest}`, 'reader', found(index)],
    ['of a tag that is not there is not', 'team/app:2.0', 'reader', { outcome: 'absent' }],
    ['without the right to it is not', 'team/app:1.0', 'other', { outcome: 'rejected', httpStatus: 401 }],
    ['with a wrong password is not', 'team/app:1.0', 'nobody', { outcome: 'rejected', httpStatus: 401 }],
    ['by nobody of a private image is not', 'team/app:1.0', null, { outcome: 'rejected', httpStatus: 401 }],
  ];
  test.each(cases)('%s', async (_claim, image, user, expected) => {
    expect(await check(await start({ auth }), image, user)).toMatchObject(expected);
  });
});

describe('a manifest', () => {
  test('is asked for with HEAD, the usual types and the scope of a pull', async () => {
    const registry = await start({ auth: 'bearer' });
    await check(registry, 'team/app:1.0', 'reader');
    const [, token, manifest] = registry.requests;
    expect(new URL(token?.path ?? '/', 'http://none').searchParams.getAll('scope')).toEqual([
      'repository:team/app:pull',
    ]);
    expect(manifest).toMatchObject({ method: 'HEAD', path: '/v2/team/app/manifests/1.0' });
    expect(manifest?.headers['accept']).toContain('application/vnd.oci.image.index.v1+json');
    expect(manifest?.headers['accept']).toContain('application/vnd.docker.distribution.manifest.v2+json');
  });

  test('of a public image can be had without a credential', async () => {
    expect(await check(await start({ auth: 'bearer' }), 'library/open:latest', null)).toEqual(found(single));
    expect(await check(await start({ auth: 'optional' }), 'library/open:latest', null)).toEqual(
      found(single),
    );
  });

  test('is asked for again with a token where only it is guarded', async () => {
    const registry = await start({ auth: 'bearer', faults: [{ on: /^\/v2\/$/, does: { status: 200 } }] });
    expect(await check(registry, 'team/app:1.0', 'reader')).toEqual(found(single));
    expect(registry.requests.map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`)).toEqual([
      'GET /v2/',
      'HEAD /v2/team/app/manifests/1.0',
      'GET /token',
      'HEAD /v2/team/app/manifests/1.0',
    ]);
  });

  test('with the headers of Docker Hub tells the limit', async () => {
    const headers = {
      'ratelimit-limit': '100;w=21600',
      'ratelimit-remaining': '76;w=21600',
      'content-type': 'text/x; a=b',
      'docker-content-digest': single.digest,
    };
    const registry = await start({ faults: [{ on: /manifests/, does: { status: 200, headers } }] });
    expect(await check(registry, 'team/app:1.0', 'reader')).toEqual({
      outcome: 'found',
      digest: single.digest,
      mediaType: 'text/x',
      rateLimit: { limit: '100;w=21600', remaining: '76;w=21600' },
    });
  });

  test('with odd headers tells none of them', async () => {
    const headers = {
      'ratelimit-limit': 'a lot',
      'ratelimit-remaining': '-1',
      'content-type': '<b>',
      'docker-content-digest': '../../x',
    };
    const registry = await start({ faults: [{ on: /manifests/, does: { status: 200, headers } }] });
    expect(await check(registry, 'team/app:1.0', 'reader')).toEqual({
      outcome: 'found',
      digest: null,
      mediaType: null,
      rateLimit: none,
    });
  });

  test.each([
    [429, { outcome: 'unreachable', cause: 'rate-limited' }],
    [500, { outcome: 'unreachable', cause: 'server-error' }],
    [403, { outcome: 'rejected', httpStatus: 403 }],
    [307, { outcome: 'unsupported', cause: 'redirect' }],
    [400, { outcome: 'unsupported', cause: 'answer-not-understood' }],
  ])('may be refused with %i', async (status, expected) => {
    const registry = await start({ faults: [{ on: /manifests/, does: { status } }] });
    expect(await check(registry, 'team/app:1.0', 'reader')).toMatchObject(expected);
  });

  test('keeps what its name holds in the path', async () => {
    const registry = await start({});
    await check(registry, 'a?b#c/x:1', 'reader');
    expect(registry.requests.at(-1)?.path).toBe('/v2/a%3Fb%23c/x/manifests/1');
  });
});
