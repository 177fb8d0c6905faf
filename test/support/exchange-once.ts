import { parseEcrRegistry } from '../../src/core/ecr-registry.ts';
import { Secret } from '../../src/core/secret.ts';
import { exchangeToken } from '../../src/io/ecr-client.ts';
import { createFetchClient, createScriptedClient } from './fetch-http-client.ts';

/**
 * One exchange in a process of its own, whose environment and home are the test's to spoil. Prints the result and the
 * URLs asked. Without an endpoint nothing is sent: each request is answered with a refusal on the spot.
 */
const [hostname = '', endpoint = '', accessKeyId = '', secretAccessKey = ''] = process.argv.slice(2);
const registry = parseEcrRegistry(hostname);
if (registry === null) throw new Error(`not ECR: ${hostname}`);
const refusal = { status: 400, headers: {}, body: '{"__type":"UnrecognizedClientException"}' };
const http = endpoint === '' ? createScriptedClient(() => refusal) : createFetchClient();
const result = await exchangeToken({
  registry,
  accessKeyId,
  secretAccessKey: new Secret(secretAccessKey),
  sessionToken: null,
  env: { AWS_ENDPOINT_URL_ECR: endpoint, AWS_ENDPOINT_URL_ECR_PUBLIC: endpoint },
  http,
  signal: AbortSignal.timeout(10_000),
  now: Date.now,
  setName: 'ECR',
});
const password = result.outcome === 'token' ? result.password.reveal() : null;
process.stdout.write(
  JSON.stringify({ result, password, asked: http.sent.map((request) => request.url.href) }),
);
