import { decodeAuthConfig } from '../core/auth-config.ts';
import type { Credential } from '../core/credential.ts';
import { type DockerConfig, findAuth } from '../core/docker-config.ts';
import { type ImageReference, parseImageName } from '../core/image-name.ts';
import type { Options } from '../core/options.ts';
import type { ImageReport } from '../core/report.ts';
import { type SecretSet, variableName } from '../core/secret-set.ts';
import type { Diagnosis } from './diagnose-set.ts';
import { checkManifest, type ManifestAnswer, type RateLimit } from './manifest-request.ts';
import { pingAnonymously } from './registry-client.ts';
import type { System } from './system.ts';

export interface ImageCheck {
  readonly system: System;
  readonly options: Options;
  readonly diagnoses: readonly Diagnosis[];
  readonly config: DockerConfig;
  readonly userAgent: string;
  readonly signal: AbortSignal;
}

/** May the credentials that are here pull this image? A HEAD for its manifest, with the scope of a pull. */
export async function checkImage(check: ImageCheck, image: string): Promise<ImageReport> {
  const reference = parseImageName(image);
  if ('error' in reference) {
    return { image, pullable: null, digest: null, message: `Not checked: ${reference.error}.`, advice: 'Write it as docker pull takes it: host/repository:tag.' };
  }
  const diagnosis = check.diagnoses.find(({ set }) => set.server.key === reference.host.key) ?? null;
  if (diagnosis !== null && diagnosis.ping === null) {
    const message = `Not checked: ${diagnosis.explanation.message}`;
    return { image, pullable: null, digest: null, message, advice: diagnosis.explanation.advice };
  }
  const { system, options, userAgent, signal } = check;
  const access = { http: await system.http(), host: reference.host, options, userAgent, signal };
  const ping = diagnosis?.ping ?? (await pingAnonymously(access));
  if (ping.outcome !== 'challenged' && ping.outcome !== 'open') {
    return { image, pullable: null, digest: null, message: `Not checked: ${ping.detail}.`, advice: 'Check the host in the name of the image, and the network.' };
  }
  const credential = diagnosis === null ? entryCredential(check.config, reference.host.key) : diagnosis.credential;
  const answer = await checkManifest(access, ping, reference, credential);
  return { image, ...judge(answer, reference, diagnosis?.set ?? null, credential) };
}

/** What a docker login left for a server that no set is for. */
function entryCredential(config: DockerConfig, key: string): Credential | null {
  const entry = findAuth(config, key);
  try {
    return entry === null ? null : decodeAuthConfig(entry.authConfig);
  } catch {
    return null;
  }
}

function judge(
  answer: ManifestAnswer,
  { repository, reference, host }: ImageReference,
  set: SecretSet | null,
  credential: Credential | null,
): Omit<ImageReport, 'image'> {
  const who = set !== null && credential !== null ? `the set ${set.name}` : credential === null ? 'anybody' : 'the login in the Docker config';
  switch (answer.outcome) {
    case 'found': {
      const kind = isIndex(answer.mediaType) ? ' It is an index of several platforms.' : '';
      const message = `Can be pulled by ${who}.${kind}${describeLimit(answer.rateLimit)}`;
      return { pullable: true, digest: answer.digest, message, advice: null };
    }
    case 'absent':
      return {
        pullable: false,
        digest: null,
        message: `${host.host} has no ${repository} with ${reference}, or does not show it to ${who}.`,
        advice: `Check the name and the tag. If both are right, the package is private: grant ${userOf(set)} read access to ${repository}.`,
      };
    case 'rejected':
      return {
        pullable: false,
        digest: null,
        message: `The login is good, and still ${repository} may not be pulled: ${answer.detail}.`,
        advice:
          credential === null
            ? `Add a set of secrets for ${host.host}, with the right to pull ${repository}.`
            : `The package is private: grant ${userOf(set)} the right to pull ${repository}, or use a token that has it.`,
      };
    case 'unreachable': {
      const isLimit = answer.cause === 'rate-limited';
      return {
        pullable: null,
        digest: null,
        message: `Not known: ${answer.detail}.`,
        advice: isLimit ? 'The limit for pulls is reached. Wait, or log in with an account that has a higher one.' : 'Try again later.',
      };
    }
    case 'unsupported':
      return { pullable: null, digest: null, message: `Not known: ${answer.detail}.`, advice: null };
  }
}

function userOf(set: SecretSet | null): string {
  return set === null ? 'your user' : `${set.username} (${variableName(set.name, 'USER')})`;
}

function isIndex(mediaType: string | null): boolean {
  return mediaType !== null && /manifest\.list|image\.index/.test(mediaType);
}

/** Docker Hub's `100;w=21600`: so many pulls in so many seconds. */
function describeLimit({ limit, remaining }: RateLimit): string {
  if (limit === null || remaining === null) return '';
  const [most = '', seconds] = limit.split(';w=');
  const window = seconds === undefined ? '' : ` in ${Math.round(Number(seconds) / 3600)} h`;
  return ` ${remaining.split(';')[0]} of ${most} pulls${window} are left.`;
}
