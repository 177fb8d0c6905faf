import { decodeAuthConfig } from '../core/auth-config.ts';
import type { Credential } from '../core/credential.ts';
import type { CredentialOrigin } from '../core/credential-origin.ts';
import {
  authKeys,
  credHelpers,
  credsStore,
  type DockerConfig,
  findAuth,
  helperFor,
} from '../core/docker-config.ts';
import { tokenUsername } from '../core/helper-protocol.ts';
import { helperName, renewsItself } from '../core/placement.ts';
import { Secret } from '../core/secret.ts';
import type { SecretSet } from '../core/secret-set.ts';
import { findOnPath } from './find-on-path.ts';
import { findCredentials } from './helper-credentials.ts';
import { askHelper, type HelperAnswer } from './helper-process.ts';
import type { System } from './system.ts';

type Place = Pick<CredentialOrigin, 'place' | 'helper'>;
type Finding = Pick<CredentialOrigin, 'outcome' | 'credential'>;

/**
 * Finds the credentials for a server as docker does: the variable `DOCKER_AUTH_CONFIG` (docker/cli v28.3 and later), then `credHelpers`,
 * `credsStore` or, for a config without any login, the store that docker picks by itself, else `auths`
 * (docker/cli v28.3 `cli/config/configfile/file.go` GetCredentialsStore, `cli/config/config.go` LoadDefaultConfigFile).
 * Helpers are asked; our own is looked for only where `set` renews itself, since its answer would write a token.
 */
export async function findCredentialOrigin(
  system: System,
  config: DockerConfig,
  key: string,
  set: SecretSet | null,
): Promise<CredentialOrigin> {
  const text = system.env['DOCKER_AUTH_CONFIG'] ?? '';
  const variable = text === '' ? null : await readVariable(text);
  const fromVariable = variable?.get(key) ?? null;
  const entry = findAuth(config, key);
  const origin = { hidesEntry: entry !== null, ignoresVariable: text !== '' && variable === null };
  if (fromVariable !== null) {
    return {
      ...origin,
      place: 'DOCKER_AUTH_CONFIG',
      helper: null,
      outcome: 'found',
      credential: fromVariable,
    };
  }
  const { place, helper } = placeOf(system, config, key);
  if (helper !== null) return { ...origin, place, helper, ...(await ask(system, helper, key, set)) };
  if (entry === null) return { ...origin, place: null, helper, outcome: 'not-found', credential: null };
  return { ...origin, hidesEntry: false, place, helper, ...readEntry(entry.authConfig) };
}

/** The schema is loaded for whoever sets the variable. */
async function readVariable(text: string): Promise<ReadonlyMap<string, Credential> | null> {
  const { parseDockerAuthVariable } = await import('../core/docker-auth-variable.ts');
  return parseDockerAuthVariable(text);
}

function placeOf({ env }: System, config: DockerConfig, key: string): Place {
  const helper = helperFor(config, key);
  if (helper !== null) return { place: credHelpers(config).has(key) ? 'credHelpers' : 'credsStore', helper };
  if (authKeys(config).length === 0 && credHelpers(config).size === 0 && credsStore(config) === null) {
    // docker/cli v28 `cli/config/credentials/default_store_linux.go`
    const store = findOnPath(env, 'pass') === null ? 'secretservice' : 'pass';
    if (findOnPath(env, `docker-credential-${store}`) !== null) return { place: 'default', helper: store };
  }
  return { place: 'auths', helper: null };
}

async function ask(system: System, helper: string, key: string, set: SecretSet | null): Promise<Finding> {
  if (helper !== helperName) return fromHelper(await askHelper(system.env, helper, key));
  if (findOnPath(system.env, `docker-credential-${helper}`) === null)
    return { outcome: 'missing', credential: null };
  if (set !== null && renewsItself(set)) return { outcome: 'not-asked', credential: null };
  const answer = await findCredentials(system, key);
  if ('error' in answer) return { outcome: 'not-found', credential: null };
  return { outcome: 'found', credential: toCredential(answer.username, answer.secret) };
}

function fromHelper(answer: HelperAnswer): Finding {
  return { outcome: answer.outcome, credential: answer.outcome === 'found' ? answer.credential : null };
}

function toCredential(username: string, secret: string): Credential {
  if (username !== tokenUsername) return { username, password: new Secret(secret) };
  return { username: '', password: new Secret(''), identityToken: new Secret(secret) };
}

function readEntry(authConfig: Parameters<typeof decodeAuthConfig>[0]): Finding {
  try {
    const credential = decodeAuthConfig(authConfig);
    return { outcome: credential === null ? 'not-found' : 'found', credential };
  } catch {
    return { outcome: 'unreadable', credential: null };
  }
}
