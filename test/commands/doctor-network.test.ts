import { Worker } from 'node:worker_threads';
import { connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { doctor, plantedPassword, setFor } from '../support/doctor.ts';
import { startProxy } from '../support/proxy.ts';
import type { TestRegistryOptions } from '../support/registry.ts';
import { temporaryHome, type TemporaryHome } from '../support/temporary-home.ts';
import { testRegistries } from '../support/test-registries.ts';

let home: TemporaryHome;
const start = testRegistries(() => ({ users: { dora: plantedPassword } }));

beforeEach(() => {
  home = temporaryHome();
});
afterEach(() => home[Symbol.dispose]());

describe('the network', () => {
  test('a name that is not resolved', async () => {
    const result = await doctor(home, setFor('registry.corp.example'));
    expect(result.steps()).toBe('variables ok, resolve failed, config skipped');
    expect(result.row()).toMatchObject({
      status: 'unreachable',
      message: 'registry.corp.example could not be resolved (ENOTFOUND).',
      advice: expect.stringMatching(/ACR_CONTAINER_REGISTRY_SERVER for a typing error.*DNS or VPN/) as string,
    });
    expect(result.exitCode).toBe(1);
  });

  test('a name without addresses', async () => {
    const result = await doctor(home, setFor('registry.corp.example'), [], {
      names: { 'registry.corp.example': [] },
    });
    expect(result.step('resolve').message).toBe(
      'registry.corp.example could not be resolved: it has no address.',
    );
  });

  test('a connection that is refused: the port is in doubt too', async () => {
    const result = await doctor(home, setFor('127.0.0.1:1'));
    expect(result.steps()).toBe('variables ok, resolve ok, connect failed, config skipped');
    expect(result.row()).toMatchObject({
      status: 'unreachable',
      message: '127.0.0.1 refused the connection on port 1 (ECONNREFUSED).',
      advice:
        'Check ACR_CONTAINER_REGISTRY_SERVER, its port too. If it is right, nothing listens there, or a firewall refuses.',
    });
  });

  test('the ports of a host without one are all named', async () => {
    const result = await doctor(home, setFor('registry.corp.example'), [], {
      names: { 'registry.corp.example': ['127.0.0.2'] },
    });
    expect(result.step('connect').message).toBe(
      'registry.corp.example refused the connection on port 443 (ECONNREFUSED).',
    );
  });

  test('one of several addresses is enough', async () => {
    const registry = await start();
    const port = registry.host.split(':')[1] ?? '';
    const result = await doctor(home, setFor(`localhost:${port}`), [], {
      names: { localhost: ['127.0.0.9', '127.0.0.1'] },
    });
    expect(result.step('connect').message).toBe(`127.0.0.1 accepts connections on port ${port}.`);
    expect(result.row().status).toBe('ok');
  });

  test('a host that accepts no connection in time', async () => {
    const { port, close } = await startDeafServer();
    try {
      const result = await doctor(home, { ...setFor(`127.0.0.1:${port}`), REGISTRY_LOGIN_TIMEOUT: '1' });
      expect(result.steps()).toBe('variables ok, resolve ok, connect failed, config skipped');
      expect(result.row()).toMatchObject({
        status: 'unreachable',
        message: `127.0.0.1 did not accept a connection on port ${port} in time.`,
      });
      expect(result.row().advice).toContain('VPN, firewall, HTTPS_PROXY');
    } finally {
      await close();
    }
  });

  test('a proxy is left to do the resolving, and is named', async () => {
    const registry = await start();
    const proxy = await startProxy({ target: registry.host });
    try {
      const env = {
        ...setFor('http://registry.corp.example:5000'),
        REGISTRY_LOGIN_INSECURE_REGISTRIES: 'registry.corp.example:5000',
        HTTP_PROXY: `http://${proxy.host}`,
      };
      const result = await doctor(home, env);
      expect(result.step('connect')).toMatchObject({
        status: 'skipped',
        message: 'Through the proxy in HTTP_PROXY.',
      });
      expect(result.row().status).toBe('ok');
    } finally {
      await proxy.close();
    }
  });

  test('a proxy that refuses', async () => {
    const proxy = await startProxy({ target: '127.0.0.1:1', refuseWith: 407 });
    try {
      const env = {
        ...setFor('registry.corp.example'),
        HTTPS_PROXY: `http://someone:PLANTED-proxy@${proxy.host}`,
      };
      const result = await doctor(home, env);
      expect(result.steps()).toBe('variables ok, resolve skipped, connect failed, config skipped');
      expect(result.row().message).toBe(
        `The proxy ${proxy.host} (HTTPS_PROXY) answered HTTP 407 (it wants a user name and a password) to a connection to registry.corp.example.`,
      );
      expect(result.row().advice).toContain('add registry.corp.example to NO_PROXY');
    } finally {
      await proxy.close();
    }
  });
});

describe('what answers is no registry, or not well', () => {
  test.each<
    [claim: string, TestRegistryOptions, steps: string, status: string, message: RegExp, advice: RegExp]
  >([
    [
      'no answer in time',
      { faults: [{ does: 'hang' }] },
      'version failed',
      'unreachable',
      /did not answer in time/,
      /VPN, firewall, HTTPS_PROXY/,
    ],
    [
      'not HTTP',
      { faults: [{ does: 'garbage' }] },
      'version failed',
      'error',
      /is not HTTP/,
      /host of a container registry/,
    ],
    [
      'a connection that is cut',
      { faults: [{ does: 'reset' }] },
      'version failed',
      'unreachable',
      /was lost/,
      /proxy in between/,
    ],
    [
      'a web page',
      {
        faults: [
          {
            does: {
              status: 200,
              headers: { 'content-type': 'text/html', 'docker-distribution-api-version': [] },
              body: '<html>',
            },
          },
        ],
      },
      'version failed',
      'error',
      /GET \/v2\/ is a web page/,
      /ACR_CONTAINER_REGISTRY_SERVER: it has to be the host of a container registry/,
    ],
    [
      '404',
      { faults: [{ does: { status: 404 } }] },
      'version failed',
      'error',
      /HTTP 404/,
      /host of a container registry/,
    ],
    [
      '403 to anybody',
      { faults: [{ does: { status: 403 } }] },
      'version failed',
      'rejected',
      /HTTP 403/,
      /No credentials were sent.*firewall/,
    ],
    [
      '500',
      { faults: [{ does: { status: 500 } }] },
      'version failed',
      'unreachable',
      /HTTP 500/,
      /fault of its own/,
    ],
    [
      'a limit',
      { faults: [{ does: { status: 429, headers: { 'retry-after': '3600' } } }] },
      'version failed',
      'unreachable',
      /HTTP 429 .* 3600 s to wait/,
      /Wait, then try again/,
    ],
    [
      'a challenge of another kind',
      { challenge: 'Negotiate' },
      'version ok, challenge failed',
      'error',
      /login other than Basic and Bearer: "negotiate"/,
      /host of a container registry/,
    ],
    [
      '401 without a challenge',
      { challenge: [] },
      'version ok, challenge failed',
      'rejected',
      /does not say how to log in/,
      /host of a container registry/,
    ],
    [
      'a realm elsewhere',
      { challenge: 'Bearer realm="https://auth.evil.example/token",service="x"' },
      'version ok, challenge failed',
      'error',
      /sends logins to auth\.evil\.example, which belongs to another domain/,
      /trustedAuthHosts: 127\.0\.0\.1:\d+=auth\.evil\.example/,
    ],
    [
      'a token service that has a fault',
      { auth: 'bearer', faults: [{ on: /^\/token/, does: { status: 503 } }] },
      'challenge ok, token failed',
      'unreachable',
      /HTTP 503/,
      /fault of its own/,
    ],
    [
      'a token service that gives no token',
      { auth: 'bearer', faults: [{ on: /^\/token/, does: { status: 200, body: '{}' } }] },
      'challenge ok, token failed',
      'error',
      /holds no token/,
      /ACR_CONTAINER_REGISTRY_SERVER/,
    ],
    [
      'a registry that does not take its own token',
      { auth: 'bearer', faults: [{ authorized: true, on: /^\/v2\/$/, does: { status: 401 } }] },
      'token ok, login failed',
      'rejected',
      /was rejected: HTTP 401/,
      /ACR_CONTAINER_REGISTRY_USER and ACR_CONTAINER_REGISTRY_PASSWORD/,
    ],
  ])('%s', async (_claim, options, steps, status, message, advice) => {
    const registry = await start(options);
    const result = await doctor(home, { ...setFor(registry.host), REGISTRY_LOGIN_TIMEOUT: '2' });
    expect(result.steps()).toContain(`${steps}, config`);
    expect(result.row().status).toBe(status);
    expect(result.row().message).toMatch(message);
    expect(result.row().advice).toMatch(advice);
    expect(result.row().message).toBe(result.row().steps?.find((step) => step.status === 'failed')?.message);
    expect(result.exitCode).toBe(1);
  });

  test.each(['basic', 'bearer'] as const)('%s: a password that is rejected', async (auth) => {
    const registry = await start({ auth });
    const result = await doctor(home, setFor(registry.host, { password: 'PLANTED-wrong' }));
    expect(result.steps()).toContain(
      auth === 'basic' ? 'token skipped, login failed' : 'challenge ok, token failed',
    );
    expect(result.row().status).toBe('rejected');
    expect(result.row().advice).toContain(
      'Check ACR_CONTAINER_REGISTRY_USER and ACR_CONTAINER_REGISTRY_PASSWORD.',
    );
    expect(result.exitCode).toBe(1);
  });

  test('a server that repeats the password is not quoted', async () => {
    const body = JSON.stringify({ errors: [{ message: `bad password ${plantedPassword}` }] });
    const registry = await start({ faults: [{ authorized: true, does: { status: 401, body } }] });
    expect((await doctor(home, setFor(registry.host))).row().status).toBe('rejected');
  });

  test('http:// to a host that is neither on loopback nor insecure: nothing is sent, not even a connection', async () => {
    const result = await doctor(home, setFor('http://registry.corp.example'));
    expect(result.steps()).toBe('variables failed');
    expect(result.row()).toMatchObject({ status: 'error', server: 'registry.corp.example' });
    expect(result.row().advice).toContain('insecureRegistries');
  });
});

/** Listens, and accepts nobody: its thread sleeps, and its queue is full. */
async function startDeafServer(): Promise<{ port: number; close: () => Promise<void> }> {
  const worker = new Worker(
    `const { createServer } = require('node:net');
     const { parentPort } = require('node:worker_threads');
     const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 15000);
     });`,
    { eval: true },
  );
  const [port] = (await once(worker, 'message')) as [number];
  const queued = Array.from({ length: 4 }, () => connect({ host: '127.0.0.1', port }).on('error', () => {}));
  await once(queued[0] as (typeof queued)[0], 'connect');
  await new Promise((resolve) => setTimeout(resolve, 100));
  return {
    port,
    async close() {
      for (const socket of queued) socket.destroy();
      await worker.terminate();
    },
  };
}
