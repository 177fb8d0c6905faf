import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await run('openssl', [
    ...['req', '-x509', ...newKey, '-days', '30', '-subj', `/CN=${name}`],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
    ...['-keyout', at('ca.key'), '-out', at('ca.crt')],
  ]);
  let issued = 0;

  async function issue(subjectAltNames: readonly string[], days = 10): Promise<TestCertificate> {
    issued += 1;
    const own = at(String(issued));
    await mkdir(own);
    await run('openssl', [
      ...['req', ...newKey, '-subj', `/CN=${name} leaf ${issued}`],
      ...['-keyout', join(own, 'key.pem'), '-out', join(own, 'request.pem')],
    ]);
    await writeFile(join(own, 'extensions'), `subjectAltName=${subjectAltNames.join(',')}\n`);
    await run('openssl', [
      ...['x509', '-req', '-in', join(own, 'request.pem'), '-CA', at('ca.crt'), '-CAkey', at('ca.key')],
      ...['-CAcreateserial', '-days', String(days), '-extfile', join(own, 'extensions')],
      ...['-out', join(own, 'cert.pem')],
    ]);
    return {
      key: await readFile(join(own, 'key.pem'), 'utf8'),
      cert: await readFile(join(own, 'cert.pem'), 'utf8'),
    };
  }

  return {
    cert: await readFile(at('ca.crt'), 'utf8'),
    issue,
    remove: async () => await rm(directory, { recursive: true, force: true }),
  };
}
