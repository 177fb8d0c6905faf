import { dockerHubKey } from './registry-host.ts';
import type { RegistryStatus } from './report.ts';
import type { SecretSet } from './secret-set.ts';
import { variableName } from './variable-name.ts';
import type { UnreachableCause, UnsupportedCause, Verdict } from './verdict.ts';

export interface Explanation {
  readonly status: RegistryStatus;
  readonly message: string;
  readonly advice: string | null;
}

/** A verdict in the user's words: what happened, which variable to fix, what to do next. */
export function explainVerdict(verdict: Verdict, set: SecretSet): Explanation {
  switch (verdict.outcome) {
    case 'accepted':
      return { status: 'ok', message: `Logged in as ${set.username}.`, advice: null };
    case 'unverified':
      return {
        status: 'unverified',
        message: `Could not be verified: ${withoutStop(verdict.detail)}.`,
        advice: null,
      };
    case 'rejected':
      return {
        status: 'rejected',
        message: `The login as ${set.username} was rejected: ${withoutStop(verdict.detail)}.`,
        advice: verdict.isUnasked === true ? unaskedAdvice(verdict.httpStatus, set) : rejectedAdvice(set),
      };
    case 'unreachable':
      return {
        status: 'unreachable',
        message: sentence(verdict.detail),
        advice: unreachableAdvice(verdict.cause, verdict.detail, set),
      };
    case 'unsupported':
      return {
        status: 'error',
        message: sentence(verdict.detail),
        advice: unsupportedAdvice(verdict.cause, verdict.authHost ?? null, set),
      };
  }
}

const aRegistry =
  "it has to be the host of a container registry (the part of an image's name before the first slash).";

function rejectedAdvice(set: SecretSet): string {
  if (set.source === 'codespace-token') {
    return 'Give this repository access to the package, or add a set of your own for ghcr.io: a token with read:packages (write:packages to push).';
  }
  const user = variableName(set.name, 'USER');
  const password = variableName(set.name, 'PASSWORD');
  const hint = hintFor(set);
  return `Check ${user} and ${password}.${hint === null ? '' : ` ${hint}`}`;
}

/** A firewall's 403 comes before the credentials. */
function unaskedAdvice(httpStatus: number, set: SecretSet): string {
  const check = checkServer(set);
  return httpStatus === 403
    ? `No credentials were sent. ${check}. If it is right, a firewall or the registry's network rules keep this machine out.`
    : `No credentials were sent. ${check}: ${aRegistry}`;
}

/** What the password of a well-known registry has to be; sources: each registry's documentation of `docker login`. */
function hintFor(set: SecretSet): string | null {
  const { key, hostname } = set.server;
  if (key === dockerHubKey)
    return 'Docker Hub wants the Docker ID, not the e-mail address, and a personal access token.';
  if (hostname === 'ghcr.io') {
    return 'GHCR wants a classic personal access token with read:packages, SSO-authorised where the organisation asks for it.';
  }
  if (hostname.endsWith('.azurecr.io')) {
    return 'ACR wants a token or service principal with AcrPull, or the admin user where it is enabled.';
  }
  if (hostname === 'gcr.io' || hostname.endsWith('.gcr.io') || hostname.endsWith('-docker.pkg.dev')) {
    return 'Google wants the user _json_key and the whole key file as the password.';
  }
  if (hostname === 'registry.gitlab.com') return 'GitLab wants a deploy or access token with read_registry.';
  if (hostname === 'quay.io') return 'Quay wants a robot account (organisation+name) with its token.';
  return null;
}

function unreachableAdvice(cause: UnreachableCause, detail: string, set: SecretSet): string {
  const host = set.server.host;
  const check = checkServer(set);
  const again = `\`registry-login login --only ${set.name}\``;
  const doctor = '`registry-login doctor` shows its dates and names.';
  switch (cause) {
    case 'name-not-resolved':
      return `${check} for a typing error. If the name is right, check the DNS or VPN of this container.`;
    case 'connection-refused':
      return `${check}, its port too. If it is right, nothing listens there, or a firewall refuses.`;
    case 'timeout':
      return `${check}, and that this network reaches the registry (VPN, firewall, HTTPS_PROXY). The option timeout sets how long to wait.`;
    case 'tls':
      if (blamesDates(detail))
        return `${check}. If it is right, whoever runs ${host} has to renew the certificate, or the clock here is wrong. ${doctor}`;
      if (blamesName(detail)) return `${check}: it has to be a name that the certificate is for. ${doctor}`;
      return detail.includes('certificate')
        ? `${check}. If the registry has a certificate of your own CA, put the CA into /etc/docker/certs.d/${host}/ca.crt or name it in NODE_EXTRA_CA_CERTS.`
        : `${check}, its port too. If the registry has no TLS and the network is trusted, add ${host} to the option insecureRegistries.`;
    case 'connection-lost':
      return `Try again: ${again}. If it goes on, ${lowerFirst(check)} and the proxy in between.`;
    case 'server-error':
      return `The registry has a fault of its own. Try again later: ${again}. If it goes on, ${lowerFirst(check)}.`;
    case 'rate-limited':
      return `Wait, then try again: ${again}.`;
    case 'proxy':
      return `Check HTTPS_PROXY and HTTP_PROXY, or add ${set.server.hostname} to NO_PROXY.`;
  }
}

/** Whether a message is about the dates of a certificate, by Node's codes. */
export function blamesDates(message: string): boolean {
  return /\(CERT_(?:HAS_EXPIRED|NOT_YET_VALID)\)/.test(message);
}

/** Whether a message is about a certificate for another name, by Node's codes. */
export function blamesName(message: string): boolean {
  return /\((?:ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)\)/.test(message);
}

function unsupportedAdvice(cause: UnsupportedCause, authHost: string | null, set: SecretSet): string {
  const { host, hostname } = set.server;
  const check = checkServer(set);
  if (hostname === 'hub.docker.com')
    return `Set ${variableName(set.name, 'SERVER')} to docker.io, Docker Hub's registry.`;
  switch (cause) {
    case 'realm-refused':
      return authHost === null
        ? `${check}. If it is right, whoever runs ${host} has to have it name a plain https URL as its realm; credentials go nowhere else.`
        : `${check}. If you trust ${authHost} with these credentials, name it in the option trustedAuthHosts: ${host}=${authHost}.`;
    case 'insecure-http':
      return `Write ${variableName(set.name, 'SERVER')} without http://. If the network is trusted, you can add ${host} to the option insecureRegistries instead.`;
    case 'redirect':
      return `${check}: it has to be the registry's own host.`;
    case 'not-a-registry':
    case 'unknown-challenge':
    case 'answer-not-understood':
    case 'answer-too-large':
      return `${check}: ${aRegistry}`;
  }
}

/** The codespace's own token has no variables of a set. */
function checkServer(set: SecretSet): string {
  return set.source === 'codespace-token'
    ? `Check the way to ${set.server.host}`
    : `Check ${variableName(set.name, 'SERVER')}`;
}

function withoutStop(text: string): string {
  return text.replace(/\.$/, '');
}

/** A capital at the start, but not for a host name. */
function sentence(text: string): string {
  const stopped = `${withoutStop(text)}.`;
  return /^[a-z]+ /.test(stopped) ? stopped.charAt(0).toUpperCase() + stopped.slice(1) : stopped;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
