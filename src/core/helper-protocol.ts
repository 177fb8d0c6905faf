/**
 * Docker's credential helper protocol, to the letter of docker-credential-helpers v0.9 (`credentials/credentials.go`,
 * `credentials/error.go`): clients compare these messages, so they are not ours to word.
 */

export const helperActions = ['store', 'get', 'erase', 'list', 'version'] as const;
export type HelperAction = (typeof helperActions)[number];

export const credentialsNotFound = 'credentials not found in native keychain';
const missingServerUrl = 'no credentials server URL';
const missingUsername = 'no credentials username';

/** The user name that marks a secret as an identity token (docker/cli v28 `credentials/native_store.go` tokenUsername). */
export const tokenUsername = '<token>';

export interface HelperCredential {
  readonly serverUrl: string;
  readonly username: string;
  readonly secret: string;
}

/** What went wrong, in the words that go to stdout with exit code 1. */
export interface HelperError {
  readonly error: string;
}

export function isHelperAction(text: string | undefined): text is HelperAction {
  return helperActions.some((action) => action === text);
}

/** The server in a `get` or `erase` request. */
export function parseServerRequest(input: string): string | HelperError {
  const server = input.trim();
  return server === '' ? { error: missingServerUrl } : server;
}

/** A `store` request. Go matches field names without regard to case. */
export function parseStoreRequest(input: string): HelperCredential | HelperError {
  let value: unknown;
  try {
    value = JSON.parse(input);
  } catch {
    // What could not be read holds a secret: it is not quoted.
    return { error: 'the request is not a JSON object with ServerURL, Username and Secret' };
  }
  const fields = new Map<string, unknown>();
  if (typeof value === 'object' && value !== null) {
    for (const [name, field] of Object.entries(value)) fields.set(name.toLowerCase(), field);
  }
  const text = (name: string): string => {
    const field = fields.get(name);
    return typeof field === 'string' ? field : '';
  };
  if (text('serverurl') === '') return { error: missingServerUrl };
  if (text('username') === '') return { error: missingUsername };
  return { serverUrl: text('serverurl'), username: text('username'), secret: text('secret') };
}

export function formatCredential({ serverUrl, username, secret }: HelperCredential): string {
  return `${JSON.stringify({ ServerURL: serverUrl, Username: username, Secret: secret })}\n`;
}

/** The answer to `list`: server → user name. */
export function formatList(users: ReadonlyMap<string, string>): string {
  return `${JSON.stringify(Object.fromEntries([...users].toSorted(([a], [b]) => (a < b ? -1 : 1))))}\n`;
}
