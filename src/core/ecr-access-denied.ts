import { type EcrExchangeFacts, type EcrFailure, failedBecause } from './ecr-failure.ts';
import { quoteForeign } from './foreign-text.ts';

/** What the exchange needs (IAM service authorization reference; ECR Public user guide, "Registry authentication"). */
const neededActions = {
  ecr: ['ecr:GetAuthorizationToken'],
  'ecr-public': ['ecr-public:GetAuthorizationToken', 'sts:GetServiceBearerToken'],
} as const;

/** Kinds of policy in AWS's words (IAM user guide, "Troubleshoot access denied error messages"). */
const policyKind =
  /(identity-based policy|resource-based policy|service control policy|resource control policy|permissions boundary|session policy|VPC endpoint policy|role trust policy)/i;

/**
 * AWS knows the caller and refuses the action. What AWS says decides the advice: an Allow that is missing can be added,
 * a Deny outweighs every Allow, and policies of the organisation are somebody else's to change.
 * `said` is AWS's message as it came; of it only what passes as an action, an ARN or a kind of policy is shown.
 */
export function explainAccessDenied(said: string, facts: EcrExchangeFacts): EcrFailure {
  const needed = neededActions[facts.registry.kind];
  const find = (pattern: RegExp): string | null => quoteForeign(pattern.exec(said)?.[1] ?? '', facts.secrets);
  const missing = find(/not authorized to perform:? ((?:ecr|ecr-public|sts):[A-Za-z]+)/);
  const principal = find(/User: (arn:[\w:/+=,.@-]{1,180})/);
  const kind = policyKind.exec(said)?.[1]?.toLowerCase() ?? null;
  const isExplicit = /explicit deny/i.test(said);

  const who = principal ?? 'the owner of this key';
  const what = missing ?? needed.join(' and ');
  const why = isExplicit
    ? `: an explicit deny${kind === null ? '' : ` in ${withArticle(kind)}`} forbids it`
    : '';
  const advice = isExplicit
    ? adviseOnDeny(kind, what)
    : adviseOnMissingAllow(kind, policyLine(missing, needed), facts);
  const failed = failedBecause(`AccessDenied from ${facts.apiHost}`);
  return failed('rejected', 'access-denied', null, `AWS does not let ${who} perform ${what}${why}`, advice);
}

/** A statement of an IAM policy. Neither action can be limited to a resource, hence `"Resource":"*"`. */
function policyLine(missing: string | null, needed: readonly string[]): string {
  // A refusal names one action; ECR Public needs both, and the second refusal would only come after the first is mended.
  const actions = missing === null || needed.includes(missing) ? needed : [missing];
  return JSON.stringify({
    Effect: 'Allow',
    Action: actions.length === 1 ? actions[0] : actions,
    Resource: '*',
  });
}

function adviseOnDeny(kind: string | null, action: string): string {
  if (kind === 'service control policy' || kind === 'resource control policy') {
    return `Ask the administrator of the AWS organization to take ${action} out of the Deny; no policy of this account can outweigh it.`;
  }
  return `Take ${action} out of the Deny statement${kind === null ? '' : ` in the ${kind}`}; a Deny outweighs every Allow.`;
}

function adviseOnMissingAllow(kind: string | null, line: string, facts: EcrExchangeFacts): string {
  switch (kind ?? '') {
    case 'service control policy':
    case 'resource control policy':
      return `The organization's ${kind} does not allow it: ask its administrator to add ${line}`;
    case 'permissions boundary':
      return `The permissions boundary of this user or role does not allow it: add ${line} to the boundary, and to its policy if it is not there.`;
    case 'session policy':
      return `The session policy given when the role was assumed does not allow it: add ${line} there.`;
    case 'vpc endpoint policy':
      return `The policy of the VPC endpoint for ${facts.registry.kind} does not allow it: add ${line} there, with its "Principal".`;
    default:
      return `Add this to the IAM policy of the user or role: ${line}`;
  }
}

function withArticle(noun: string): string {
  return `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;
}
