import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAuthority, type TestAuthority } from '../support/certificates.ts';
import { doctor, plantedPassword, setFor } from '../support/doctor.ts';
import { startProxy } from '../support/proxy.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { temporaryHome, type TemporaryHome } from '../support/temporary-home.ts';

let home: TemporaryHome;
let authority: TestAuthority;
let registry: TestRegistry | null = null;

beforeAll(async () => {
  authority = await createAuthority('Corp Root CA');
});
afterAll(() => authority.remove());

beforeEach(() => {
  home = temporaryHome();
});
afterEach(async () => {
  home[Symbol.dispose]();
  await registry?.close();
  registry = null;
});

async function startTls(names: readonly string[], days?: number): Promise<TestRegistry> {
  registry = await startRegistry({
    users: { dora: plantedPassword },
    tls: await authority.issue(names, days),
  });
  return registry;
}

describe('the tls step', () => {
  test('a CA that is known: trusted', async () => {
    const { host } = await startTls(['IP:127.0.0.1']);
    const ca = home.write('ca.crt', authority.cert);
    const result = await doctor(home, { ...setFor(host), NODE_EXTRA_CA_CERTS: ca });
    expect(result.step('tls')).toMatchObject({ status: 'ok', message: 'The certificate is trusted.' });
    expect(result.row().status).toBe('ok');
  });

  test.each(['', 'https://'])(
    'an unknown CA is named, with the place for its certificate (%s)',
    async (scheme) => {
      const { host } = await startTls(['IP:127.0.0.1']);
      const result = await doctor(home, setFor(`${scheme}${host}`));
      expect(result.steps()).toBe('variables ok, resolve ok, connect ok, tls failed, config skipped');
      expect(result.row()).toMatchObject({
        status: 'unreachable',
        message: `The certificate of ${host} was not accepted: its CA is not known here (UNABLE_TO_VERIFY_LEAF_SIGNATURE). It was issued by "Corp Root CA".`,
      });
      expect(result.row().advice).toBe(
        `If "Corp Root CA" is to be trusted, put its certificate into /etc/docker/certs.d/${host}/ca.crt, or name its file in NODE_EXTRA_CA_CERTS. ` +
          `To see it: \`openssl s_client -showcerts -connect ${host} </dev/null\`.`,
      );
      expect(registry?.requests).toEqual([]);
    },
  );

  test('a self-signed certificate is its own CA', async () => {
    const own = await createAuthority('Self Made');
    try {
      const { key, cert } = await own.issue(['IP:127.0.0.1']);
      registry = await startRegistry({ tls: { key, cert: `${cert}${own.cert}` } });
      const { message } = (await doctor(home, setFor(registry.host))).row();
      expect(message).toContain('(SELF_SIGNED_CERT_IN_CHAIN). It was issued by "Self Made".');
    } finally {
      await own.remove();
    }
  });

  test('one that has expired: since when, and that only its owner can renew it', async () => {
    const { host } = await startTls(['IP:127.0.0.1'], -1);
    const ca = home.write('ca.crt', authority.cert);
    const { message, advice } = (await doctor(home, { ...setFor(host), NODE_EXTRA_CA_CERTS: ca })).row();
    expect(message).toMatch(/it has expired \(CERT_HAS_EXPIRED\)\. It was valid until \d{4}-\d\d-\d\d\.$/);
    expect(advice).toMatch(
      /has to renew it\. If that is done, check the clock here: it is \d{4}-\d\d-\d\d\.$/,
    );
  });

  test('one for another host: for which', async () => {
    const { host } = await startTls(['DNS:registry.corp.example', 'IP:127.0.0.7']);
    const ca = home.write('ca.crt', authority.cert);
    const { message, advice } = (await doctor(home, { ...setFor(host), NODE_EXTRA_CA_CERTS: ca })).row();
    expect(message).toMatch(
      /it is for another name \(ERR_TLS_CERT_ALTNAME_INVALID\)\. It is for registry\.corp\.example, 127\.0\.0\.7\.$/,
    );
    expect(advice).toBe(
      `Set ACR_CONTAINER_REGISTRY_SERVER to a name that it is for, or have it issued for ${host} too.`,
    );
  });

  test('an issuer that repeats the password is not named', async () => {
    const liar = await createAuthority('is PLANTED-as-a-name the password');
    try {
      registry = await startRegistry({ tls: await liar.issue(['IP:127.0.0.1']) });
      const result = await doctor(home, setFor(registry.host, { password: 'PLANTED-as-a-name' }));
      expect(result.row().message).toMatch(/\(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)\.$/);
    } finally {
      await liar.remove();
    }
  });

  test('behind a proxy the certificate is read through it', async () => {
    const { host } = await startTls(['DNS:registry.corp.example']);
    const proxy = await startProxy({ target: host });
    try {
      const env = { ...setFor('registry.corp.example'), HTTPS_PROXY: `http://${proxy.host}` };
      const result = await doctor(home, env);
      expect(result.steps()).toBe(
        'variables ok, resolve skipped, connect skipped, tls failed, config skipped',
      );
      expect(result.row().message).toContain('It was issued by "Corp Root CA".');
      expect(result.row().advice).toContain('/etc/docker/certs.d/registry.corp.example/ca.crt');
    } finally {
      await proxy.close();
    }
  });

  test('plain HTTP where TLS is asked for', async () => {
    registry = await startRegistry();
    const result = await doctor(home, setFor(`https://${registry.host}`));
    expect(result.steps()).toBe('variables ok, resolve ok, connect ok, tls failed, config skipped');
    expect(result.row().message).toBe(
      `${registry.host} did not answer in TLS (ERR_SSL_WRONG_VERSION_NUMBER).`,
    );
    expect(result.row().advice).toContain(`add ${registry.host} to the option insecureRegistries`);
  });

  test('a server that is silent where TLS begins', async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const sockets: { destroy(): void }[] = [];
    server.on('connection', (socket) => sockets.push(socket.on('error', () => {})));
    try {
      const result = await doctor(home, {
        ...setFor(`https://127.0.0.1:${port}`),
        REGISTRY_LOGIN_TIMEOUT: '1',
      });
      expect(result.steps()).toBe('variables ok, resolve ok, connect ok, tls failed, config skipped');
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('a server that makes a TLS connection and is silent then', async () => {
    const certificate = await authority.issue(['IP:127.0.0.1']);
    registry = await startRegistry({ tls: certificate, faults: [{ does: 'hang' }] });
    const ca = home.write('ca.crt', authority.cert);
    const env = {
      ...setFor(`https://${registry.host}`),
      NODE_EXTRA_CA_CERTS: ca,
      REGISTRY_LOGIN_TIMEOUT: '1',
    };
    expect((await doctor(home, env)).steps()).toBe(
      'variables ok, resolve ok, connect ok, tls ok, version failed, config skipped',
    );
  });

  test('a host in insecureRegistries: its certificate is not checked, and that is said', async () => {
    const { host } = await startTls(['DNS:elsewhere.example']);
    const result = await doctor(home, { ...setFor(host), REGISTRY_LOGIN_INSECURE_REGISTRIES: host });
    expect(result.step('tls').message).toBe(
      'The certificate is not checked: insecureRegistries names the host.',
    );
    expect(result.row().status).toBe('ok');
  });
});
