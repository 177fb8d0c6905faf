import { inspect } from 'node:util';
import type { Credential } from '../../src/core/credential.ts';
import { Secret } from '../../src/core/secret.ts';
import type { Verdict } from '../../src/core/verdict.ts';
import { verifyLogin } from '../../src/io/registry-client.ts';
import { NodeClient } from '../../src/io/node-client.ts';
import { type AccessSettings, accessTo } from './access.ts';
import type { TestRegistry } from './registry.ts';

interface PlainCredential {
  readonly username: string;
  readonly password: string;
  readonly identityToken?: string;
}

/** A user whose password is hard to encode and to quote. */
export const acrUser = { username: 'acr-user', password: 'planted-P\u00e4ssw0rd:with "quotes"\n' };

/**
 * Returns a function that verifies over real HTTP, with this user and access where its settings say nothing else; it fails where the verdict
 * shows any part of the credential's secrets that is called `planted`.
 */
export function verifyAs(
  user: PlainCredential,
  access: AccessSettings = {},
): (host: string, settings?: AccessSettings & Partial<PlainCredential>) => Promise<Verdict> {
  return async (host, settings) =>
    await verifyWith(host, { ...user, ...settings }, { ...access, ...settings });
}

async function verifyWith(
  host: string,
  { username, password, identityToken }: PlainCredential,
  settings: AccessSettings,
): Promise<Verdict> {
  const http = new NodeClient({});
  const plain: Credential = { username, password: new Secret(password) };
  const credential =
    identityToken === undefined ? plain : { ...plain, identityToken: new Secret(identityToken) };
  try {
    const verdict = await verifyLogin({ ...accessTo(host, http, settings), credential });
    const shown = inspect(verdict);
    const encoded = Buffer.from(`${username}:${password}`).toString('base64').slice(0, 16);
    if (shown.includes('planted') || shown.includes(encoded)) throw new Error(`a secret is shown: ${shown}`);
    return verdict;
  } finally {
    await http.close();
  }
}

/** Method, path and kind of authorization of each request, such as `GET /token Basic`. */
export function requestLog({ requests }: TestRegistry): string[] {
  return requests.map(({ method, path, headers }) => {
    const kind = headers['authorization']?.split(' ')[0];
    return [method, path.replace(/\?.*/, ''), ...(kind === undefined ? [] : [kind])].join(' ');
  });
}
