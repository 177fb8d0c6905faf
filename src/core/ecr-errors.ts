import { explainAccessDenied } from './ecr-access-denied.ts';
import {
  type EcrExchangeFacts,
  type EcrFailure,
  type Failed,
  failedBecause,
  variableNames,
} from './ecr-failure.ts';
import { quoteForeign } from './foreign-text.ts';
import type { UnreachableCause } from './verdict.ts';

export interface AwsError {
  /** The error's type without its namespace, such as `AccessDeniedException`. */
  readonly code: string;
  readonly message: string;
  readonly httpStatus: number;
}

/**
 * An error that AWS answered, in the user's terms. Codes: Amazon ECR API reference, "Common Errors", and what AWS's
 * signature check says (IAM user guide, "Troubleshoot Signature Version 4 for API requests").
 */
export function explainAwsError(error: AwsError, facts: EcrExchangeFacts): EcrFailure {
  // What is read out of AWS's words comes from all of them; what is shown of them is checked first.
  const said = error.message;
  const quoted = quoteForeign(said, facts.secrets);
  const isName = /^[A-Za-z0-9._-]{1,80}$/.test(error.code);
  const code = (isName ? quoteForeign(error.code, facts.secrets) : null) ?? `HTTP ${error.httpStatus}`;
  const failed = failedBecause(`${code} from ${facts.apiHost}`);
  const { registry } = facts;
  const { SERVER, USER, PASSWORD, SESSION_TOKEN } = variableNames(facts.setName);

  switch (error.code) {
    case 'UnrecognizedClientException':
    case 'InvalidClientTokenId':
    case 'InvalidAccessKeyId':
    case 'OptInRequired':
      return explainUnknownKey(facts, failed);
    case 'RequestExpired':
    case 'RequestTimeTooSkewed':
    case 'RequestInTheFuture':
      return explainClockSkew(said, facts, failed);
    case 'InvalidSignatureException':
    case 'SignatureDoesNotMatch':
    case 'IncompleteSignature':
    case 'IncompleteSignatureException': {
      if (/signature expired|not yet current/i.test(said)) return explainClockSkew(said, facts, failed);
      if (/credential should be scoped to/i.test(said)) {
        const fact = `the API at ${facts.apiHost} is not the one of region ${registry.region}`;
        const advice = `Check the region in ${SERVER}, and AWS_ENDPOINT_URL_ECR if that is set.`;
        return failed('error', 'wrong-region', 'SERVER', fact, advice);
      }
      const fact = 'the secret access key does not belong to this access key id';
      const advice = `Check ${PASSWORD}: the secret access key of the key in ${USER}, whole, without quotes or spaces.`;
      return failed('rejected', 'wrong-secret', 'PASSWORD', fact, advice);
    }
    case 'ExpiredToken':
    case 'ExpiredTokenException': {
      const advice = `Get new temporary keys and set ${USER}, ${PASSWORD} and ${SESSION_TOKEN} together, or use a long-lived key (AKIA…).`;
      const fact = 'the session token has expired';
      return failed('rejected', 'session-token-expired', 'SESSION_TOKEN', fact, advice);
    }
    case 'AccessDenied':
    case 'AccessDeniedException':
    case 'NotAuthorized':
      return explainAccessDenied(said, facts);
    case 'InvalidParameterException':
    case 'RegistryNotFoundException':
    case 'ValidationException': {
      const fact = `AWS refuses the registry ${registry.account ?? registry.kind}${quoted === null ? '' : `: ${quoted}`}`;
      const advice = `Check ${SERVER}: its twelve digits are the account, and then comes the region (${registry.region}).`;
      return failed('error', 'wrong-account', 'SERVER', fact, advice);
    }
    case 'UnsupportedCommandException':
    case 'UnknownOperationException': {
      const fact = `this API gives no ${registry.kind} tokens in ${registry.region}`;
      return failed('error', 'wrong-region', 'SERVER', fact, `Check the region in ${SERVER}.`);
    }
    case 'RequestTimeout':
    case 'RequestTimeoutException':
      return failed(
        'unreachable',
        'timeout',
        null,
        'AWS did not get the whole request in time',
        'Try again later.',
      );
    default:
      return explainByStatus(error, quoted, facts, failed);
  }
}

/** No usable answer came. `detail` names the host and the fact, as the message of HttpError does; it holds no secret. */
export function explainNoAnswer(
  reason: UnreachableCause | 'answer-too-large' | 'answer-not-understood',
  detail: string,
  facts: EcrExchangeFacts,
): EcrFailure {
  const { SERVER } = variableNames(facts.setName);
  const message = `No token from AWS: ${detail}.`;
  const failed = {
    outcome: 'failed',
    verdict: 'unreachable',
    cause: reason,
    message,
    variable: null,
  } as const;
  switch (reason) {
    case 'name-not-resolved': {
      const { region } = facts.registry;
      const advice = `If "${region}" is not an AWS region, correct ${SERVER}; else check the DNS or VPN of this container.`;
      return { ...failed, variable: 'SERVER', advice };
    }
    case 'tls':
      return {
        ...failed,
        advice: 'If a proxy inspects TLS here, add its CA to the system or name it in NODE_EXTRA_CA_CERTS.',
      };
    case 'proxy':
      return { ...failed, advice: 'Check HTTPS_PROXY and NO_PROXY.' };
    case 'answer-too-large':
    case 'answer-not-understood': {
      const advice =
        'A proxy or a captive portal may have answered instead; check HTTPS_PROXY and AWS_ENDPOINT_URL_ECR.';
      return { ...failed, verdict: 'error', advice };
    }
    case 'connection-refused':
    case 'connection-lost':
    case 'timeout':
    case 'server-error':
    case 'rate-limited':
      return {
        ...failed,
        advice: `Check that this network reaches ${facts.apiHost} (VPN, firewall, HTTPS_PROXY).`,
      };
  }
}

function explainByStatus(
  error: AwsError,
  quoted: string | null,
  facts: EcrExchangeFacts,
  failed: Failed,
): EcrFailure {
  const isThrottling =
    error.httpStatus === 429 ||
    /^(?:Throttl|TooManyRequests|Request(?:Limit|Throttl)|LimitExceeded|SlowDown)/.test(error.code);
  if (isThrottling) {
    const advice =
      'Try again later. If many containers start at once, ask AWS for a higher quota "Rate of GetAuthorizationToken requests".';
    return failed(
      'unreachable',
      'rate-limited',
      null,
      'AWS limits the rate of this account in this region',
      advice,
    );
  }
  if (error.httpStatus >= 500) {
    const fact = `AWS has a problem of its own, HTTP ${error.httpStatus}`;
    const advice = 'Try again later; https://health.aws.amazon.com says whether AWS knows of it.';
    return failed('unreachable', 'server-error', null, fact, advice);
  }
  const { USER, PASSWORD } = variableNames(facts.setName);
  const fact = `AWS refuses the request${quoted === null ? '' : `: ${quoted.replace(/\.$/, '')}`}`;
  const advice = `Check ${USER} and ${PASSWORD}. If they are right, look up what AWS calls it in the documentation of ECR's GetAuthorizationToken.`;
  return failed('rejected', 'refused-by-aws', null, fact, advice);
}

/** The prefix says what kind of key it is (IAM user guide, "IAM identifiers", unique identifiers). */
function explainUnknownKey(facts: EcrExchangeFacts, failed: Failed): EcrFailure {
  const { USER, SESSION_TOKEN } = variableNames(facts.setName);
  if (facts.accessKeyId.startsWith('ASIA') && !facts.hasSessionToken) {
    const fact = 'temporary keys (ASIA…) work only with their session token, and none is set';
    const advice = `Set ${SESSION_TOKEN} to the session token that came with the keys, or use a long-lived key (AKIA…).`;
    return failed('rejected', 'session-token-missing', 'SESSION_TOKEN', fact, advice);
  }
  if (facts.accessKeyId.startsWith('AKIA') && facts.hasSessionToken) {
    const fact = 'a long-lived key (AKIA…) has no session token, and one is set';
    const advice = `Remove ${SESSION_TOKEN}, or set ${USER} to the temporary key (ASIA…) that it belongs to.`;
    return failed('rejected', 'session-token-unexpected', 'SESSION_TOKEN', fact, advice);
  }
  const { partition, region } = facts.registry;
  const where = partition === 'aws' ? '' : ` Keys of other AWS partitions are not known in ${partition}.`;
  const advice = `Check ${USER}: the key must exist and be active, in an account that has the region ${region} enabled.${where}`;
  return failed(
    'rejected',
    'unknown-key',
    'USER',
    'AWS does not know this access key id, or it is disabled',
    advice,
  );
}

/** AWS names the time of the request first and its own time in brackets: `… (20150830T124500Z - 5 min.)`. */
function explainClockSkew(said: string, facts: EcrExchangeFacts, failed: Failed): EcrFailure {
  const theirs = /\((\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z [-+] /.exec(said);
  const local = new Date(facts.now).toISOString().slice(0, 19);
  const aws =
    theirs === null ? '' : `, and AWS's ${theirs.slice(1, 4).join('-')}T${theirs.slice(4).join(':')}Z`;
  const advice =
    'Set the clock of the machine that runs the container (after sleep, or in a VM that stood still); AWS allows five minutes.';
  return failed(
    'error',
    'clock-skew',
    null,
    `this machine's clock is wrong: it says ${local}Z${aws}`,
    advice,
  );
}
