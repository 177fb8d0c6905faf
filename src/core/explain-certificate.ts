import { blamesDates, blamesName, type Explanation } from './explain.ts';
import { quoteForeign } from './foreign-text.ts';
import type { SecretSet } from './secret-set.ts';
import { variableName } from './variable-name.ts';

/** What a server's certificate says of itself, untrusted. */
export interface PeerCertificate {
  /** The issuer at the top of the chain that was shown. */
  readonly authority: string;
  /** The host names and addresses that it is for. */
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly validFrom: number;
  readonly validTo: number;
  readonly fitsName: boolean;
}

const mostNames = 4;

/** Why a certificate was not accepted, with the CA to add, the dates or the names in it; `explanation` where it says no more than that. */
export function explainCertificate(
  explanation: Explanation,
  certificate: PeerCertificate,
  set: SecretSet,
  now: number,
): Explanation {
  const { authority, names, validFrom, validTo, fitsName } = certificate;
  const { host } = set.server;
  const quote = (text: string): string | null => quoteForeign(text, [set.password]);
  const server = variableName(set.name, 'SERVER');
  const { message } = explanation;
  if (blamesDates(message)) {
    const fact =
      now < validFrom ? `It is valid from ${day(validFrom)} on.` : `It was valid until ${day(validTo)}.`;
    const advice = `Whoever runs ${host} has to renew it. If that is done, check the clock here: it is ${day(now)}.`;
    return { ...explanation, message: `${message} ${fact}`, advice };
  }
  if (blamesName(message) || (!fitsName && names.length === 0)) {
    const shown = names
      .slice(0, mostNames)
      .map(quote)
      .filter((name) => name !== null);
    const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : '';
    const fact = shown.length === 0 ? 'It names no host.' : `It is for ${shown.join(', ')}${more}.`;
    return {
      ...explanation,
      message: `${message} ${fact}`,
      advice: `Set ${server} to a name that it is for, or have it issued for ${host} too.`,
    };
  }
  const issuer = quote(authority);
  if (issuer === null) return explanation;
  const advice =
    `If "${issuer}" is to be trusted, put its certificate into /etc/docker/certs.d/${host}/ca.crt, ` +
    `or name its file in NODE_EXTRA_CA_CERTS. To see it: \`openssl s_client -showcerts -connect ${withPort(host)} </dev/null\`.`;
  return { ...explanation, message: `${message} It was issued by "${issuer}".`, advice };
}

function withPort(host: string): string {
  return /:\d+$/.test(host) ? host : `${host}:443`;
}

function day(time: number): string {
  return Number.isFinite(time) && Math.abs(time) < 8.64e15
    ? new Date(time).toISOString().slice(0, 10)
    : 'an unknown day';
}
