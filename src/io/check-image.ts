import type { Credential } from '../core/credential.ts';
import type { DockerConfig } from '../core/docker-config.ts';
import { type ImageReference, parseImageName } from '../core/image-name.ts';
import type { Options } from '../core/options.ts';
import type { ImageReport } from '../core/report.ts';
import type { SecretSet } from '../core/secret-set.ts';
import { variableName } from '../core/variable-name.ts';
import { userAgent } from '../core/version.ts';
import { findCredentialOrigin } from './credential-origin.ts';
import type { Diagnosis } from './diagnose-set.ts';
import { checkManifest, type ManifestAnswer, type RateLimit } from './manifest-request.ts';
import { pingAnonymously } from './registry-client.ts';
import type { System } from './system.ts';

export interface ImageCheck {
  readonly system: System;
  readonly options: Options;
  readonly config: DockerConfig;
  /** By the server's key. */
  readonly diagnoses: ReadonlyMap<string, Promise<Diagnosis>>;
}

type Judgement = Omit<ImageReport, 'image'>;

/** Whose right to pull is looked at. */
interface Puller {
  readonly credential: Credential | null;
  /** Null where the credential is none of a set. */
  readonly set: SecretSet | null;
}

/**
 * May the credentials for this image's registry pull it? A HEAD for its manifest, with the scope of a pull: with the set for that registry
 * or, where there is none that works, with what docker has for it, else as anybody.
 */
export async function checkImage(check: ImageCheck, image: string): Promise<ImageReport> {
  const reference = parseImageName(image);
  if ('error' in reference) {
    return {
      image,
      ...unknown(
        `Not checked: ${reference.error}.`,
        'Write it as docker pull takes it: host/repository:tag.',
      ),
    };
  }
  const diagnosis = (await check.diagnoses.get(reference.host.key)) ?? null;
  return { image, ...(await checkReference(check, reference, diagnosis)) };
}

async function checkReference(
  check: ImageCheck,
  reference: ImageReference,
  diagnosis: Diagnosis | null,
): Promise<Judgement> {
  const { system, options } = check;
  if (diagnosis !== null && diagnosis.ping === null) {
    return unknown(`Not checked: ${diagnosis.set.name} does not reach ${reference.host.host}.`, null);
  }
  const signal = AbortSignal.timeout(options.timeoutMs);
  const unsent = diagnosis?.set ?? null;
  const access = { http: await system.http(), host: reference.host, options, userAgent, signal, unsent };
  const ping = diagnosis?.ping ?? (await pingAnonymously(access));
  if (ping.outcome !== 'challenged' && ping.outcome !== 'open') {
    return unknown(
      `Not checked: ${ping.detail}.`,
      'Check the host in the name of the image, and the network.',
    );
  }
  const puller = await findPuller(check, reference, diagnosis);
  const answer = await checkManifest(access, ping, reference, puller.credential);
  const judgement = judge(answer, reference, puller);
  if (diagnosis === null || puller.set !== null || judgement.pullable === true) return judgement;
  // The login that would give the right has failed; what to do about it stands there.
  return { ...judgement, advice: `Mend the login of ${diagnosis.set.name} first.` };
}

async function findPuller(
  { system, config }: ImageCheck,
  { host }: ImageReference,
  diagnosis: Diagnosis | null,
): Promise<Puller> {
  if (diagnosis !== null && diagnosis.credential !== null)
    return { credential: diagnosis.credential, set: diagnosis.set };
  const { credential } = await findCredentialOrigin(system, config, host.key, diagnosis?.set ?? null);
  return { credential, set: null };
}

function judge(
  answer: ManifestAnswer,
  { repository, reference, host }: ImageReference,
  puller: Puller,
): Judgement {
  const who = describePuller(puller);
  switch (answer.outcome) {
    case 'found': {
      const kind = isIndex(answer.mediaType) ? ' It is an index of several platforms.' : '';
      const digest = answer.digest ?? (reference.includes(':') ? reference : null);
      return {
        pullable: true,
        digest,
        message: `Can be pulled ${who}.${kind}${describeLimit(answer.rateLimit)}`,
        advice: null,
      };
    }
    case 'absent':
      return no(
        `${host.host} shows no ${repository}${reference.includes(':') ? '@' : ':'}${reference} ${who.replace(/^(?:with|as) /, 'to ')}.`,
        puller.credential === null
          ? `Check the name. If it is right, the image is private: add a set of secrets for ${host.host}.`
          : `Check the name. If it is right, the image is private: grant ${userOf(puller)} read access to ${repository}.`,
      );
    case 'rejected':
      return no(
        `${repository} may not be pulled ${who}: ${answer.detail}.`,
        puller.credential === null
          ? `It is private, or not there: add a set of secrets for ${host.host} with the right to pull it.`
          : `It is private, or not there: grant ${userOf(puller)} read access to ${repository}, or use a token with that right.`,
      );
    case 'unreachable':
      return unknown(
        `Not known: ${answer.detail}.`,
        answer.cause !== 'rate-limited'
          ? 'Try again later.'
          : puller.credential === null
            ? `The limit for pulls without a login is reached: add a set of secrets for ${host.host}, or wait.`
            : 'The limit for pulls is reached: wait, or use an account with a higher one.',
      );
    case 'unsupported':
      return unknown(`Not known: ${answer.detail}.`, null);
  }
}

function no(message: string, advice: string): Judgement {
  return { pullable: false, digest: null, message, advice };
}

function unknown(message: string, advice: string | null): Judgement {
  return { pullable: null, digest: null, message, advice };
}

function describePuller({ credential, set }: Puller): string {
  if (credential === null) return 'without a login';
  if (set !== null) return `with ${set.name}`;
  return credential.username === ''
    ? 'with the login that docker has'
    : `as ${credential.username}, the login that docker has`;
}

function userOf({ credential, set }: Puller): string {
  if (set !== null && set.source !== 'codespace-token')
    return `${set.username} (${variableName(set.name, 'USER')})`;
  return set !== null ? 'this repository' : credential?.username || 'your user';
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
