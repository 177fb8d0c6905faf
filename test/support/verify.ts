import { inspect } from 'node:util';
import type { Credential } from '../../src/core/credential.ts';
import { Secret } from '../../src/core/secret.ts';
import type { Verdict } from '../../src/core/verdict.ts';
import { verifyLogin } from '../../src/io/registry-client.ts';
import { NodeClient } from '../../src/io/node-client.ts';
import { type AccessSettings, accessTo } from './access.ts';
import type { TestRegistry } from './registry.ts';

export interface PlainCredential {
  readonly username: string;
  readonly password: string;
  readonly identityToken?: string;
}

/** Verifies over real HTTP; fails where the verdict shows any part of the credential's secrets that is called `planted`. */
export async function verifyWith(
  host: string,
  { username, password, identityToken }: PlainCredential,
  settings: AccessSettings = {},
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
