import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
}

export interface TestAuthority {
  /** The CA's own certificate. */
  readonly cert: string;
  /** `subjectAltName` as openssl writes it: `IP:127.0.0.1`, `DNS:registry.test`. Negative days give an expired certificate. */
  issue(subjectAltNames: readonly string[], days?: number): Promise<TestCertificate>;
  /** Removes its files. */
  remove(): Promise<void>;
}

/** A CA of the tests' own, made with the `openssl` command in a temporary directory. */
export async function createAuthority(name = 'Test CA'): Promise<TestAuthority> {
  const directory = await mkdtemp(join(tmpdir(), 'test-ca-'));
  const at = (file: string): string => join(directory, file);
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout';
  const create = `req -x509 ${newKey} ca.key -days 30 -addext keyUsage=critical,keyCertSign,cRLSign -out ca.crt`;
  await openssl(create, '-subj', `/CN=${name}`);
  let issued = 0;

  async function openssl(words: string, ...more: readonly string[]): Promise<void> {
    await run('openssl', [...words.split(' '), ...more], { cwd: directory });
  }

  async function issue(subjectAltNames: readonly string[], days = 10): Promise<TestCertificate> {
    issued += 1;
    const own = `leaf-${issued}`;
    await writeFile(at(`${own}.extensions`), `subjectAltName=${subjectAltNames.join(',')}\n`);
    await openssl(`req ${newKey} ${own}.key -out ${own}.request`, '-subj', `/CN=${name} ${own}`);
    const sign = `x509 -req -in ${own}.request -CA ca.crt -CAkey ca.key -set_serial ${issued} -days ${days}`;
    await openssl(`${sign} -extfile ${own}.extensions -out ${own}.crt`);
    return {
      key: await readFile(at(`${own}.key`), 'utf8'),
      cert: await readFile(at(`${own}.crt`), 'utf8'),
    };
  }

  return {
    cert: await readFile(at('ca.crt'), 'utf8'),
    issue,
    remove: async () => await rm(directory, { recursive: true, force: true }),
  };
}
