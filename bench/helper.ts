/**
 * The credential helper beside Debian's docker-credential-ecr-login, and how often AWS is asked. A process of its own: where the peer is
 * there, it runs in namespaces in which the API's name is loopback, since the peer has no endpoint option. Arguments: a directory with
 * `ca.pem`, `cert.pem` and `key.pem`, and `peer` or `alone`. Prints JSON.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startEcrStandIn } from '../test/support/ecr-stand-in.ts';
import { interleave, runTimed, type Timed } from './measure.ts';
import { helperProgram, loginProgram } from './sets.ts';
import type { Count, Section } from './table.ts';

export interface HelperResults {
  readonly section: Section;
  readonly counts: readonly Count[];
}

const [directory = '', mode = 'alone'] = process.argv.slice(2);
const withPeer = mode === 'peer';
const server = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const keys = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'bench/secret+key' };
const [cert, key] = await Promise.all(
  ['cert.pem', 'key.pem'].map((name) => readFile(join(directory, name), 'utf8')),
);
const standIn = await startEcrStandIn({
  keys: [keys],
  ...(withPeer ? { tls: { cert: cert ?? '', key: key ?? '' }, port: 443 } : {}),
});

const home = join(directory, 'home');
const base = { HOME: home, PATH: '/usr/bin:/bin' };
const ourEnv = {
  ...base,
  ...(withPeer ? { NODE_EXTRA_CA_CERTS: join(directory, 'ca.pem') } : { AWS_ENDPOINT_URL_ECR: standIn.url }),
  ECR_CONTAINER_REGISTRY_SERVER: server,
  ECR_CONTAINER_REGISTRY_USER: keys.accessKeyId,
  ECR_CONTAINER_REGISTRY_PASSWORD: keys.secretAccessKey,
};
const ourGet: Timed = {
  label: 'docker-credential-registry-login get',
  command: [process.execPath, helperProgram, 'get'],
  env: ourEnv,
  input: server,
};
const peerGet: Timed = {
  label: 'docker-credential-ecr-login get',
  command: ['/usr/bin/docker-credential-ecr-login', 'get'],
  env: {
    ...base,
    SSL_CERT_FILE: join(directory, 'ca.pem'),
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
  },
  input: server,
};

async function countExchanges(label: string, act: () => Promise<unknown>): Promise<Count> {
  const before = standIn.exchanges;
  await act();
  return { label, count: standIn.exchanges - before };
}

const login = (...flags: string[]): Promise<string> =>
  runTimed({
    label: 'login',
    command: [process.execPath, loginProgram, 'login', ...flags],
    env: { ...ourEnv, PATH: `${directory}/bin:${base.PATH}` },
  });

try {
  const empty = join(directory, 'empty.mjs');
  await writeFile(empty, '');
  const counts = [
    await countExchanges('20 gets at once, nothing cached: exchanges', () =>
      Promise.all(Array.from({ length: 20 }, () => runTimed(ourGet))),
    ),
    await countExchanges('20 gets more: exchanges', () =>
      Promise.all(Array.from({ length: 20 }, () => runTimed(ourGet))),
    ),
    await countExchanges('Container start, login --skip-verified: exchanges', () => login('--skip-verified')),
  ];
  await rm(home, { recursive: true });
  counts.push(
    await countExchanges('First start ever: exchanges', () => login('--skip-verified')),
    await countExchanges('Restart within half of the token\u2019s life: exchanges', () =>
      login('--skip-verified'),
    ),
  );
  if (withPeer)
    counts.push(
      await countExchanges('20 gets of the peer\u2019s at once, nothing cached', () =>
        Promise.all(Array.from({ length: 20 }, () => runTimed(peerGet))),
      ),
    );
  const node: Timed = { label: 'node with an empty file', command: [process.execPath, empty], env: base };
  const asked = standIn.exchanges;
  const timings = await interleave(
    [node, ourGet, ...(withPeer ? [peerGet] : [])].map((run) => ({ label: run.label, runs: [run] })),
    25,
  );
  counts.push({ label: 'AWS asked while cached gets were timed', count: standIn.exchanges - asked });
  const results: HelperResults = { section: { title: 'Cached get', timings }, counts };
  process.stdout.write(JSON.stringify(results));
} finally {
  await standIn.close();
}
