import { parseChallenges } from '../core/challenge.ts';
import type { Credential } from '../core/credential.ts';
import type { HttpAnswer } from './http.ts';
import {
  type Authorization,
  authorize,
  chooseChallenge,
  type Ping,
  secretsOfAuthorization,
} from './registry-client.ts';
import {
  type Failure,
  failureOfAnswer,
  failureOfError,
  headerValues,
  type RegistryAccess,
  secretsOf,
  sendPatiently,
} from './registry-request.ts';
import { basicAuthorization } from './token-request.ts';

export interface ImageName {
  /** Such as `library/alpine`. */
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string;
}

/** Docker Hub's headers as they were sent, such as `100;w=21600`; null where there are none. */
export interface RateLimit {
  readonly limit: string | null;
  readonly remaining: string | null;
}

export type ManifestAnswer =
  | {
      readonly outcome: 'found';
      readonly digest: string | null;
      readonly mediaType: string | null;
      readonly rateLimit: RateLimit;
    }
  /** The registry knows no such image, or does not let on that it does. */
  | { readonly outcome: 'absent'; readonly detail: string }
  /** Here `rejected` means: logged in, but without the right to pull. */
  | Failure;

/** Single images and indexes, OCI's and Docker's names for them. */
const mediaTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** The scope that a pull asks for. */
function pullScope(repository: string): string {
  return `repository:${repository}:pull`;
}

/** May this credential (or, without one, anybody) pull this image? Sends a HEAD, which Docker Hub does not count as a pull. */
export async function checkManifest(
  access: RegistryAccess,
  ping: Ping,
  image: ImageName,
  credential: Credential | null,
): Promise<ManifestAnswer> {
  const scope = pullScope(image.repository);
  try {
    let authorization =
      ping.outcome === 'open'
        ? openAuthorization(credential)
        : await authorize(access, ping, credential, scope);
    if (authorization !== null && authorization.outcome !== 'authorized') return authorization;
    const url = manifestUrl(ping.url, image);
    let answer = await head(access, url, authorization);
    const challenges = parseChallenges(headerValues(answer, 'www-authenticate'));
    // A registry may let anybody in at /v2/ and ask only here.
    if (
      answer.status === 401 &&
      ping.outcome === 'open' &&
      chooseChallenge(challenges)?.scheme === 'bearer'
    ) {
      authorization = await authorize(
        access,
        { outcome: 'challenged', url: ping.url, challenges },
        credential,
        scope,
      );
      if (authorization.outcome !== 'authorized') return authorization;
      answer = await head(access, url, authorization);
    }
    return judgeManifest(access, answer, url, credential, authorization);
  } catch (error) {
    return failureOfError(error);
  }
}

function openAuthorization(credential: Credential | null): Authorization | null {
  if (credential === null || credential.identityToken !== undefined) return null;
  return { outcome: 'authorized', header: basicAuthorization(credential), identityToken: null };
}

function manifestUrl(base: URL, { repository, reference }: ImageName): URL {
  const path = repository.split('/').map(encodeURIComponent).join('/');
  return new URL(`/v2/${path}/manifests/${encodeURIComponent(reference).replaceAll('%3A', ':')}`, base);
}

async function head(
  access: RegistryAccess,
  url: URL,
  authorization: Authorization | null,
): Promise<HttpAnswer> {
  const headers = authorization === null ? {} : { authorization: authorization.header.reveal() };
  return await sendPatiently(access, { method: 'HEAD', url, headers: { accept: mediaTypes, ...headers } });
}

function judgeManifest(
  access: RegistryAccess,
  answer: HttpAnswer,
  url: URL,
  credential: Credential | null,
  authorization: Authorization | null,
): ManifestAnswer {
  const first = (name: string): string | null => headerValues(answer, name)[0] ?? null;
  if (answer.status === 404) return { outcome: 'absent', detail: `HTTP 404 from ${url.host}` };
  if (answer.status !== 200) {
    const secrets = authorization === null ? [] : secretsOfAuthorization(authorization);
    const failure = failureOfAnswer(
      answer,
      url,
      [...secretsOf(access, credential), ...secrets],
      'answer-not-understood',
    );
    if (failure.outcome !== 'unreachable' || failure.cause !== 'rate-limited') return failure;
    return { ...failure, detail: [failure.detail, ...limitHeaders(answer)].join('; ') };
  }
  const digest = first('docker-content-digest');
  return {
    outcome: 'found',
    digest: digest !== null && /^[a-z0-9]+:[0-9a-f]{32,128}$/.test(digest) ? digest : null,
    mediaType: tidy(first('content-type'), /^[\w.+-]+\/[\w.+-]+/),
    rateLimit: {
      limit: tidy(first('ratelimit-limit'), /^\d+(?:;w=\d+)?$/),
      remaining: tidy(first('ratelimit-remaining'), /^\d+(?:;w=\d+)?$/),
    },
  };
}

/** Docker Hub's headers about a limit, as they were sent. */
function limitHeaders(answer: HttpAnswer): string[] {
  return ['ratelimit-limit', 'ratelimit-remaining', 'docker-ratelimit-source'].flatMap((name) => {
    const value = tidy(headerValues(answer, name)[0] ?? null, /^[\w;=.:-]{1,100}$/);
    return value === null ? [] : [`${name} ${value}`];
  });
}

/** The part of a foreign header that has the shape it should have. */
function tidy(value: string | null, shape: RegExp): string | null {
  return value === null ? null : (shape.exec(value)?.[0] ?? null);
}
