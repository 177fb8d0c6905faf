import { dockerHubKey } from './registry-host.ts';
import type { RegistryStatus } from './report.ts';
import { type SecretSet, variableName } from './secret-set.ts';
import type { UnreachableCause, UnsupportedCause, Verdict } from './verdict.ts';

export interface Explanation {
  readonly status: RegistryStatus;
  readonly message: string;
  readonly advice: string | null;
}

/** A verdict in the user's words: what happened, which variable to fix, what to do next. */
export function explainVerdict(verdict: Verdict, set: SecretSet): Explanation {
  const server = variableName(set.name, 'SERVER');
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
      return { status: 'rejected', message: sentence(verdict.detail), advice: rejectedAdvice(set) };
    case 'unreachable':
      return {
        status: 'unreachable',
        message: sentence(verdict.detail),
        advice: unreachableAdvice(verdict.cause, set),
      };
    case 'unsupported':
      return { status: 'error', message: sentence(verdict.detail), advice: unsupportedAdvice(verdict.cause, server) };
  }
}

function rejectedAdvice(set: SecretSet): string {
  if (set.source === 'codespace-token') {
    return 'Give this repository access to the package, or add a set of your own for ghcr.io: a token with read:packages (write:packages to push).';
  }
  const user = variableName(set.name, 'USER');
  const password = variableName(set.name, 'PASSWORD');
  return `Check ${user} and ${password}${hintFor(set)}. If you have just changed them, stop and start the container.`;
}

/** What the password of a well-known registry has to be; sources: each registry's documentation of `docker login`. */
function hintFor(set: SecretSet): string {
  const { key, hostname } = set.server;
  if (key === dockerHubKey) return ' (Docker Hub: a personal access token; the user is the Docker ID, not the e-mail address)';
  if (hostname === 'ghcr.io') return ' (GHCR: a classic personal access token with read:packages, SSO-authorised where the organisation asks for it)';
  if (hostname.endsWith('.azurecr.io')) return ' (ACR: a token or service principal with AcrPull, or the admin user where it is enabled)';
  if (hostname === 'gcr.io' || hostname.endsWith('.gcr.io') || hostname.endsWith('-docker.pkg.dev')) {
    return ' (Google: the user is _json_key and the password the whole key file)';
  }
  if (hostname === 'registry.gitlab.com') return ' (GitLab: a deploy or access token with read_registry)';
  if (hostname === 'quay.io') return ' (Quay: a robot account, organisation+name, with its token)';
  return '';
}

function unreachableAdvice(cause: UnreachableCause, set: SecretSet): string {
  const server = variableName(set.name, 'SERVER');
  const host = set.server.host;
  switch (cause) {
    case 'name-not-resolved':
      return `Check ${server} for a typing error; if the name is right, check the DNS or VPN of this container.`;
    case 'connection-refused':
      return `Check the host and port in ${server}; nothing listens there, or a firewall refuses.`;
    case 'timeout':
      return `Check ${server} and that this network reaches the registry (VPN, firewall, HTTPS_PROXY). The option timeout sets how long to wait.`;
    case 'tls':
      return `If the registry has a certificate of your own CA, put the CA into /etc/docker/certs.d/${host}/ca.crt or name it in NODE_EXTRA_CA_CERTS.`;
    case 'connection-lost':
      return `Try again: registry-login login --only ${set.name}. If it goes on, check ${server} and the proxy in between.`;
    case 'server-error':
      return `The registry has a fault of its own. Try again later: registry-login login --only ${set.name}.`;
    case 'rate-limited':
      return `Wait, then: registry-login login --only ${set.name}.`;
    case 'proxy':
      return 'Check HTTPS_PROXY and HTTP_PROXY, or add the registry to NO_PROXY.';
  }
}

function unsupportedAdvice(cause: UnsupportedCause, server: string): string {
  switch (cause) {
    case 'realm-refused':
      return `If you trust that host with these credentials, add it to the option trustedAuthHosts (registry=auth-host); else check ${server}.`;
    case 'insecure-http':
      return `Write ${server} without http://, or add the host to the option insecureRegistries.`;
    case 'redirect':
      return `Set ${server} to the registry's own host.`;
    case 'not-a-registry':
    case 'unknown-challenge':
    case 'answer-not-understood':
    case 'answer-too-large':
      return `Check ${server}: it has to be the host of a container registry (the part of an image's name before the first slash).`;
  }
}

function withoutStop(text: string): string {
  return text.replace(/\.$/, '');
}

function sentence(text: string): string {
  const stopped = `${withoutStop(text)}.`;
  return stopped.charAt(0).toUpperCase() + stopped.slice(1);
}
