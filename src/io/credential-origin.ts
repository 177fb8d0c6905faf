import { authKeys, credHelpers, credsStore, type DockerConfig, findAuth } from '../core/docker-config.ts';
import { helperName } from '../core/placement.ts';
import type { Step } from '../core/report.ts';
import { askHelper } from './helper-process.ts';
import type { System } from './system.ts';
import { findOnPath } from './find-on-path.ts';

/**
 * Says where docker will take the credentials for a server from, and whether something stands in front of what login wrote: the variable
 * `DOCKER_AUTH_CONFIG` (docker/cli v28.3 `configfile/file.go`), then `credHelpers`, `credsStore`, `auths`. A helper of somebody else's is asked.
 */
export async function traceCredential(system: System, config: DockerConfig, key: string): Promise<Step> {
  const fromVariable = namesServer(system.env['DOCKER_AUTH_CONFIG'], key);
  if (fromVariable) {
    return failed(
      'docker takes these credentials from the variable DOCKER_AUTH_CONFIG, before anything in its config.',
      'Unset DOCKER_AUTH_CONFIG, or take this server out of it.',
    );
  }
  const own = credHelpers(config).get(key);
  const helper = own ?? credsStore(config) ?? '';
  const field = own === undefined ? 'credsStore' : 'credHelpers';
  if (helper === '') {
    const entry = findAuth(config, key);
    if (entry === null) return failed('The Docker config has no entry for this server.', 'Run registry-login.');
    return ok('docker takes them from auths in its config.');
  }
  if (helper === helperName) {
    if (findOnPath(system.env, `docker-credential-${helper}`) !== null) return ok(`docker asks our credential helper (${field}).`);
    return failed(
      `docker asks docker-credential-${helper} (${field}), which is not on PATH.`,
      'Install it: npm install --global devcontainer-registry-login. Or set the option credentialStore to config.',
    );
  }
  return await traceHelper(system, helper, field, key, authKeys(config).includes(key));
}

async function traceHelper(system: System, helper: string, field: string, key: string, hasEntry: boolean): Promise<Step> {
  const program = `docker-credential-${helper}`;
  const answer = await askHelper(system.env, helper, key);
  const shadowed = hasEntry ? ' What stands in auths is not looked at.' : '';
  const advice = `Run registry-login with the option credentialStore on auto, which goes around ${field}; or take ${helper} out of ${field}.`;
  switch (answer.outcome) {
    case 'found':
      return ok(`docker asks ${program} (${field}), which gives user ${answer.username}.${shadowed}`);
    case 'not-found':
      return failed(`docker asks ${program} (${field}), which knows nothing for this server.${shadowed}`, advice);
    case 'missing':
      return failed(`docker asks ${program} (${field}), which is not on PATH.${shadowed}`, advice);
    case 'hangs':
      return failed(`docker asks ${program} (${field}), which does not answer.${shadowed}`, advice);
    case 'fails':
      return failed(`docker asks ${program} (${field}), which fails.${shadowed}`, advice);
  }
}

function namesServer(text: string | undefined, key: string): boolean {
  try {
    const { auths } = JSON.parse(text ?? '') as { auths?: unknown };
    return typeof auths === 'object' && auths !== null && Object.hasOwn(auths, key);
  } catch {
    return false;
  }
}

function ok(message: string): Step {
  return { step: 'config', status: 'ok', message, advice: null };
}

function failed(message: string, advice: string): Step {
  return { step: 'config', status: 'failed', message, advice };
}
