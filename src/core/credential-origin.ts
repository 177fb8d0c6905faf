import type { Credential } from './credential.ts';
import { describeExpiry, readTokenExpiry } from './ecr-token.ts';
import { helperName, renewsItself } from './placement.ts';
import type { RegistryStatus, Step } from './report.ts';
import type { SecretSet } from './secret-set.ts';

/** Where docker takes the credentials for a server from, and what it gets there. */
export interface CredentialOrigin {
  /** `default` is a store that docker picks by itself for a config without any login. Null: from nowhere. */
  readonly place: 'DOCKER_AUTH_CONFIG' | 'credHelpers' | 'credsStore' | 'default' | 'auths' | null;
  /** Without `docker-credential-`; null where none is asked. */
  readonly helper: string | null;
  readonly outcome: 'found' | 'not-found' | 'missing' | 'hangs' | 'fails' | 'unreadable' | 'not-asked';
  readonly credential: Credential | null;
  /** An entry of `auths` stands behind it and is not looked at. */
  readonly hidesEntry: boolean;
  /** The variable `DOCKER_AUTH_CONFIG` is set, and docker passes it over. */
  readonly ignoresVariable: boolean;
}

/** What the doctor says of it for a set whose own login came to `status`; `now` in milliseconds since the epoch. */
export function describeOrigin(
  origin: CredentialOrigin,
  set: SecretSet,
  status: RegistryStatus,
  now: number,
): Step {
  const step = judgeOrigin(origin, set, status, now);
  if (!origin.ignoresVariable) return step;
  return { ...step, message: `${step.message} docker passes DOCKER_AUTH_CONFIG over, which is not valid.` };
}

function judgeOrigin(origin: CredentialOrigin, set: SecretSet, status: RegistryStatus, now: number): Step {
  const { place, outcome, credential } = origin;
  const notYet = (why: string): Step => {
    const advice =
      status === 'ok' || status === 'unverified' ? `Run \`registry-login login --only ${set.name}\`.` : null;
    return { step: 'config', status: 'skipped', message: `Not logged in yet: ${why}.`, advice };
  };
  if (place === null) return notYet('docker has no credentials for it');
  const where = describePlace(origin);
  const hidden = origin.hidesEntry ? ' What stands in auths is not looked at.' : '';
  if (outcome === 'not-asked') return ok(`${where}, which renews the token.`);
  // The first login ends docker's own choice: what is wrong with that store is no fault of anything here.
  const isPassing = place === 'default' && outcome !== 'found';
  if (isPassing || (outcome === 'not-found' && origin.helper !== null && !origin.hidesEntry)) {
    return notYet(`${where}, ${faults[outcome]}`);
  }
  if (outcome !== 'found' || credential === null) {
    return failed(`${where}, ${faults[outcome]}.${hidden}`, adviceFor(origin, set));
  }
  const who = credential.username === '' ? 'an identity token' : `user ${credential.username}`;
  if (isSameLogin(credential, set)) {
    const expiresAt = set.ecr === null ? null : readTokenExpiry(credential.password.reveal());
    if (expiresAt === null || expiresAt.getTime() > now) return ok(`${where}: ${who}.`);
    return failed(
      `${where}: a token that ${describeExpiry(expiresAt, now)}.`,
      `Run \`registry-login login --only ${set.name}\`.`,
    );
  }
  const message = `${where}: ${who}, and not the login of ${set.name}.${hidden}`;
  // What was rejected or cannot be used is not stored: what was there before stays.
  const isStored = status !== 'rejected' && status !== 'error';
  return isStored
    ? failed(message, adviceFor(origin, set))
    : { step: 'config', status: 'skipped', message, advice: null };
}

const faults: Record<Exclude<CredentialOrigin['outcome'], 'not-asked'>, string> = {
  found: 'which holds nothing that can be sent',
  'not-found': 'which has none',
  missing: 'which is not on PATH',
  hangs: 'which does not answer',
  fails: 'which fails',
  unreadable: 'which docker cannot read',
};

function describePlace({ place, helper }: CredentialOrigin): string {
  switch (place) {
    case 'DOCKER_AUTH_CONFIG':
      return 'docker 28.3 and later reads them from DOCKER_AUTH_CONFIG';
    case 'auths':
      return 'docker reads them from auths';
    case 'default':
      return `docker picks docker-credential-${helper} by itself while its config has no login`;
    case 'credHelpers':
    case 'credsStore':
    case null:
      return helper === helperName
        ? `docker asks our credential helper (${place})`
        : `docker asks docker-credential-${helper} (${place})`;
  }
}

function adviceFor({ place, helper, outcome }: CredentialOrigin, set: SecretSet): string {
  const again = `\`registry-login login --only ${set.name}\``;
  if (place === 'DOCKER_AUTH_CONFIG') return 'Unset DOCKER_AUTH_CONFIG, or take this server out of it.';
  if (place === 'auths' || place === 'default') return `Run ${again}.`;
  if (helper === helperName) {
    return outcome === 'missing'
      ? 'Install it: `npm install --global devcontainer-registry-login`. Or set the option credentialStore to config.'
      : `Run ${again}.`;
  }
  return `Run ${again} with the option credentialStore on auto, which goes around it; or take ${helper} out of ${place}.`;
}

/** An identity token, and a token that renews itself, differ from what the set holds by nature. */
function isSameLogin(credential: Credential, set: SecretSet): boolean {
  if (renewsItself(set)) return credential.username === 'AWS';
  if (credential.identityToken !== undefined)
    return credential.username === '' || credential.username === set.username;
  return credential.username === set.username && credential.password.reveal() === set.password.reveal();
}

function ok(message: string): Step {
  return { step: 'config', status: 'ok', message, advice: null };
}

function failed(message: string, advice: string): Step {
  return { step: 'config', status: 'failed', message, advice };
}
