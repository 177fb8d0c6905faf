import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { exchangeToken } from '../../src/io/ecr-client.ts';
import { HttpError } from '../../src/io/http.ts';
import { ecrExchange, ecrRegistry } from '../support/ecr-exchange.ts';
import { createScriptedClient } from '../support/fetch-http-client.ts';

const privateHost = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

describe('exchangeToken: what is asked where', () => {
  const refused = {
    status: 400,
    headers: {},
    body: '{"__type":"UnrecognizedClientException","message":"planted"}',
  };

  test.each([
    ['123456789012.dkr.ecr.us-east-1.amazonaws.com', 'https://api.ecr.us-east-1.amazonaws.com/'],
    ['123456789012.dkr.ecr-fips.us-east-1.amazonaws.com', 'https://api.ecr-fips.us-east-1.amazonaws.com/'],
    ['123456789012.dkr-ecr.us-east-1.on.aws', 'https://ecr.us-east-1.api.aws/'],
    ['123456789012.dkr-ecr-fips.us-east-1.on.aws', 'https://ecr-fips.us-east-1.api.aws/'],
    ['123456789012.dkr.ecr.us-gov-west-1.amazonaws.com', 'https://api.ecr.us-gov-west-1.amazonaws.com/'],
    [
      '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com',
      'https://api.ecr-fips.us-gov-west-1.amazonaws.com/',
    ],
    ['123456789012.dkr-ecr-fips.us-gov-east-1.on.aws', 'https://ecr-fips.us-gov-east-1.api.aws/'],
    ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', 'https://api.ecr.cn-north-1.amazonaws.com.cn/'],
    [
      '123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn',
      'https://ecr.cn-north-1.api.amazonwebservices.com.cn/',
    ],
    ['123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu', 'https://api.ecr.eusc-de-east-1.amazonaws.eu/'],
    ['123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov', 'https://api.ecr.us-iso-east-1.c2s.ic.gov/'],
    ['123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov', 'https://api.ecr.us-isob-east-1.sc2s.sgov.gov/'],
    ['123456789012.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk', 'https://api.ecr.eu-isoe-west-1.cloud.adc-e.uk/'],
    [
      '123456789012.dkr.ecr.us-isof-south-1.csp.hci.ic.gov',
      'https://api.ecr.us-isof-south-1.csp.hci.ic.gov/',
    ],
    ['123456789012.dkr.ecr.xx-new-9.amazonaws.com', 'https://api.ecr.xx-new-9.amazonaws.com/'],
    ['public.ecr.aws', 'https://api.ecr-public.us-east-1.amazonaws.com/'],
    ['ecr-public.aws.com', 'https://ecr-public.us-east-1.api.aws/'],
  ])('%s asks %s', async (hostname, url) => {
    const http = createScriptedClient(() => refused);
    await exchangeToken(ecrExchange({ env: {}, http, registry: ecrRegistry(hostname) }));
    expect(http.sent.map((request) => request.url.href)).toEqual([url]);
    expect(http.sent[0]?.allowInvalidCertificate).toBe(false);
  });

  test('the secret key itself is nowhere in what is sent', async () => {
    const http = createScriptedClient(() => refused);
    await exchangeToken(ecrExchange({ env: {}, http }));
    const { url, headers, body } = http.sent[0] ?? {};
    expect(JSON.stringify({ url, headers, body })).not.toContain('planted');
  });

  test.each([
    ['a user name that is no access key id', { accessKeyId: 'some-user' }, 'not-an-access-key', 'USER'],
    [
      'an access key id with a line break',
      { accessKeyId: 'AKIAIOSFODNN7EXAMPLE\r\nx: y' },
      'not-an-access-key',
      'USER',
    ],
    ['an empty secret', { secretAccessKey: new Secret('') }, 'wrong-secret', 'PASSWORD'],
    [
      'a session token on two lines',
      { sessionToken: new Secret('planted\ntoken') },
      'session-token-malformed',
      'SESSION_TOKEN',
    ],
    [
      'a session token with other letters',
      { sessionToken: new Secret('plantedé') },
      'session-token-malformed',
      'SESSION_TOKEN',
    ],
    ['an endpoint that is no URL', { env: { AWS_ENDPOINT_URL_ECR: 'not a url' } }, 'bad-endpoint', null],
    [
      'an endpoint of another scheme',
      { env: { AWS_ENDPOINT_URL: 'ftp://127.0.0.1/' } },
      'bad-endpoint',
      null,
    ],
    [
      'an endpoint with user information',
      { env: { AWS_ENDPOINT_URL: 'https://a:planted@127.0.0.1/' } },
      'bad-endpoint',
      null,
    ],
    [
      'plain HTTP to another machine',
      { env: { AWS_ENDPOINT_URL: 'http://api.example.com/' } },
      'bad-endpoint',
      null,
    ],
    [
      'plain HTTP to a look-alike of loopback',
      { env: { AWS_ENDPOINT_URL: 'http://127.0.0.1.example.com/' } },
      'bad-endpoint',
      null,
    ],
  ])('%s is refused before anything is sent', async (_claim, change, cause, variable) => {
    const http = createScriptedClient(() => refused);
    const result = await exchangeToken(ecrExchange({ env: {}, http, ...change }));
    expect(result).toMatchObject({ outcome: 'failed', verdict: 'error', cause, variable });
    expect(http.sent).toHaveLength(0);
    expect(JSON.stringify(result)).not.toContain('planted');
  });

  test.each([
    [
      'the service before all',
      { AWS_ENDPOINT_URL_ECR: 'https://a.example/', AWS_ENDPOINT_URL: 'https://b.example/' },
      privateHost,
      'https://a.example/',
    ],
    [
      'all, where the service is empty',
      { AWS_ENDPOINT_URL_ECR: ' ', AWS_ENDPOINT_URL: 'https://b.example/' },
      privateHost,
      'https://b.example/',
    ],
    [
      'each service its own',
      { AWS_ENDPOINT_URL_ECR: 'https://a.example/', AWS_ENDPOINT_URL_ECR_PUBLIC: 'https://p.example/' },
      'public.ecr.aws',
      'https://p.example/',
    ],
    [
      'not that of another service',
      { AWS_ENDPOINT_URL_ECR_PUBLIC: 'https://p.example/' },
      privateHost,
      'https://api.ecr.eu-west-1.amazonaws.com/',
    ],
    [
      'a path and a port',
      { AWS_ENDPOINT_URL: 'https://a.example:8443/ecr' },
      privateHost,
      'https://a.example:8443/ecr/',
    ],
    [
      'FIPS and dual-stack hosts too',
      { AWS_ENDPOINT_URL: 'https://a.example/' },
      '123456789012.dkr-ecr-fips.us-east-1.on.aws',
      'https://a.example/',
    ],
    ['plain HTTP on ::1', { AWS_ENDPOINT_URL: 'http://[::1]:4566' }, privateHost, 'http://[::1]:4566/'],
    [
      'plain HTTP on localhost',
      { AWS_ENDPOINT_URL: 'http://localhost:4566' },
      privateHost,
      'http://localhost:4566/',
    ],
  ])('an endpoint in the environment: %s', async (_claim, env, hostname, url) => {
    const http = createScriptedClient(() => refused);
    await exchangeToken(ecrExchange({ http, env, registry: ecrRegistry(hostname) }));
    expect(http.sent.map((request) => request.url.href)).toEqual([url]);
  });

  test('plain HTTP and an untrusted certificate are fine for a host that was declared insecure', async () => {
    const http = createScriptedClient(() => refused);
    const env = { AWS_ENDPOINT_URL: 'http://api.example.com:4566/' };
    await exchangeToken(ecrExchange({ http, env, insecureRegistries: ['api.example.com:4566'] }));
    expect(http.sent).toMatchObject([{ allowInvalidCertificate: true }]);
  });

  test.each([
    ['name-not-resolved', 'ENOTFOUND', 'unreachable', 1],
    ['name-not-resolved', 'EAI_AGAIN', 'unreachable', 6],
    ['connection-refused', 'ECONNREFUSED', 'unreachable', 6],
    ['connection-lost', 'ECONNRESET', 'unreachable', 6],
    ['tls', 'SELF_SIGNED_CERT_IN_CHAIN', 'unreachable', 1],
    ['proxy', null, 'unreachable', 1],
    ['timeout', null, 'unreachable', 1],
    ['answer-too-large', null, 'error', 1],
  ] as const)('%s (%s) is %s after %i requests', async (reason, code, verdict, requests) => {
    const http = createScriptedClient(
      () => new HttpError(reason, `failed: ${code}`, { code: code ?? undefined }),
    );
    const result = await exchangeToken(ecrExchange({ env: {}, http }));
    expect(result).toMatchObject({ outcome: 'failed', verdict, cause: reason });
    expect(http.sent).toHaveLength(requests);
  });

  test('a region that does not exist points at SERVER', async () => {
    const http = createScriptedClient(
      () =>
        new HttpError('name-not-resolved', 'api.ecr.us-esat-1.amazonaws.com could not be resolved', {
          code: 'ENOTFOUND',
        }),
    );
    const result = await exchangeToken(
      ecrExchange({ http, registry: ecrRegistry('123456789012.dkr.ecr.us-esat-1.amazonaws.com') }),
    );
    expect(result).toMatchObject({
      variable: 'SERVER',
      message: 'No token from AWS: api.ecr.us-esat-1.amazonaws.com could not be resolved.',
      advice:
        'If "us-esat-1" is not an AWS region, correct ECR_CONTAINER_REGISTRY_SERVER; else check the DNS or VPN of this container.',
    });
  });

  test.each([
    ['the token itself says', { expiration: 1_900_000_000 }, new Date(1_900_000_000_000)],
    ['nothing says: twelve hours', {}, new Date(Date.parse('2026-03-01T12:00:00Z') + 12 * 3600_000)],
  ])('without expiresAt, %s', async (_claim, inside, expiresAt) => {
    const password = Buffer.from(JSON.stringify(inside)).toString('base64');
    const authorizationToken = Buffer.from(`AWS:${password}`).toString('base64');
    const body = JSON.stringify({ authorizationData: [{ authorizationToken }] });
    const http = createScriptedClient(() => ({ status: 200, headers: {}, body }));
    expect(
      await exchangeToken(ecrExchange({ env: {}, http, now: () => Date.parse('2026-03-01T12:00:00Z') })),
    ).toMatchObject({ outcome: 'token', expiresAt });
  });
});
