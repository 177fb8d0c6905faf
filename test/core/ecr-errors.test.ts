import { describe, expect, test } from 'vitest';
import { explainAwsError, explainNoAnswer, type AwsError } from '../../src/core/ecr-errors.ts';
import type { EcrExchangeFacts } from '../../src/core/ecr-failure.ts';
import { parseEcrRegistry } from '../../src/core/ecr-registry.ts';
import { Secret } from '../../src/core/secret.ts';

function facts(
  hostname = '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
  change: Partial<EcrExchangeFacts> = {},
): EcrExchangeFacts {
  const registry = parseEcrRegistry(hostname);
  if (registry === null) throw new Error(`not ECR: ${hostname}`);
  return {
    registry,
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    hasSessionToken: false,
    apiHost:
      registry.kind === 'ecr'
        ? `api.ecr.${registry.region}.amazonaws.com`
        : 'api.ecr-public.us-east-1.amazonaws.com',
    setName: 'ECR',
    now: Date.parse('2026-03-01T12:00:00Z'),
    secrets: [new Secret('planted-secret'), new Secret('planted/session+token=')],
    ...change,
  };
}

function answered(code: string, message: string, httpStatus = 400): AwsError {
  return { code, message, httpStatus };
}

describe('explainAwsError: what the user reads', () => {
  const invalidToken = 'The security token included in the request is invalid.';
  const wrongSignature = 'The request signature we calculated does not match the signature you provided.';
  const expired =
    'Signature expired: 20260301T120000Z is now earlier than 20260301T140000Z (20260301T140500Z - 5 min.)';

  test.each<[string, AwsError, EcrExchangeFacts, string, string]>([
    [
      'unknown key',
      answered('UnrecognizedClientException', invalidToken),
      facts(),
      'AWS does not know this access key id, or it is disabled (UnrecognizedClientException from api.ecr.eu-west-1.amazonaws.com).',
      'Check ECR_CONTAINER_REGISTRY_USER: the key must exist and be active, in an account that has the region eu-west-1 enabled.',
    ],
    [
      'unknown key in another partition',
      answered('UnrecognizedClientException', invalidToken),
      facts('123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', {
        apiHost: 'api.ecr.cn-north-1.amazonaws.com.cn',
      }),
      'AWS does not know this access key id, or it is disabled (UnrecognizedClientException from api.ecr.cn-north-1.amazonaws.com.cn).',
      'Check ECR_CONTAINER_REGISTRY_USER: the key must exist and be active, in an account that has the region cn-north-1 enabled. Keys of other AWS partitions are not known in aws-cn.',
    ],
    [
      'temporary keys alone',
      answered('UnrecognizedClientException', invalidToken),
      facts(undefined, { accessKeyId: 'ASIAIOSFODNN7EXAMPLE' }),
      'Temporary keys (ASIA…) work only with their session token, and none is set (UnrecognizedClientException from api.ecr.eu-west-1.amazonaws.com).',
      'Set ECR_CONTAINER_REGISTRY_SESSION_TOKEN to the session token that came with the keys, or use a long-lived key (AKIA…).',
    ],
    [
      'long-lived key with a session token',
      answered('InvalidClientTokenId', invalidToken, 403),
      facts(undefined, { hasSessionToken: true }),
      'A long-lived key (AKIA…) has no session token, and one is set (InvalidClientTokenId from api.ecr.eu-west-1.amazonaws.com).',
      'Remove ECR_CONTAINER_REGISTRY_SESSION_TOKEN, or set ECR_CONTAINER_REGISTRY_USER to the temporary key (ASIA…) that it belongs to.',
    ],
    [
      'wrong secret',
      answered('InvalidSignatureException', wrongSignature),
      facts(),
      'The secret access key does not belong to this access key id (InvalidSignatureException from api.ecr.eu-west-1.amazonaws.com).',
      'Check ECR_CONTAINER_REGISTRY_PASSWORD: the secret access key of the key in ECR_CONTAINER_REGISTRY_USER, whole, without quotes or spaces.',
    ],
    [
      'clock that is behind, both times given',
      answered('InvalidSignatureException', expired),
      facts(),
      "This machine's clock is wrong: it says 2026-03-01T12:00:00Z, and AWS's 2026-03-01T14:05:00Z (InvalidSignatureException from api.ecr.eu-west-1.amazonaws.com).",
      'Set the clock of the machine that runs the container (after sleep, or in a VM that stood still); AWS allows five minutes.',
    ],
    [
      'clock, where AWS gives no time',
      answered('RequestExpired', 'Request has expired.'),
      facts(),
      "This machine's clock is wrong: it says 2026-03-01T12:00:00Z (RequestExpired from api.ecr.eu-west-1.amazonaws.com).",
      'Set the clock of the machine that runs the container (after sleep, or in a VM that stood still); AWS allows five minutes.',
    ],
    [
      'expired session token',
      answered('ExpiredTokenException', 'The security token included in the request is expired'),
      facts(),
      'The session token has expired (ExpiredTokenException from api.ecr.eu-west-1.amazonaws.com).',
      'Get new temporary keys and set ECR_CONTAINER_REGISTRY_USER, ECR_CONTAINER_REGISTRY_PASSWORD and ECR_CONTAINER_REGISTRY_SESSION_TOKEN together, or use a long-lived key (AKIA…).',
    ],
    [
      'wrong account',
      answered('InvalidParameterException', "Invalid parameter at 'registryIds'"),
      facts(),
      "AWS refuses the registry 123456789012: Invalid parameter at 'registryIds' (InvalidParameterException from api.ecr.eu-west-1.amazonaws.com).",
      'Check ECR_CONTAINER_REGISTRY_SERVER: its twelve digits are the account, and then comes the region (eu-west-1).',
    ],
    [
      'an endpoint of another region',
      answered('InvalidSignatureException', 'Credential should be scoped to a valid region. '),
      facts(undefined, { apiHost: '127.0.0.1:4566' }),
      'The API at 127.0.0.1:4566 is not the one of region eu-west-1 (InvalidSignatureException from 127.0.0.1:4566).',
      'Check the region in ECR_CONTAINER_REGISTRY_SERVER, and AWS_ENDPOINT_URL_ECR if that is set.',
    ],
    [
      'throttling',
      answered('ThrottlingException', 'Rate exceeded'),
      facts(),
      'AWS limits the rate of this account in this region (ThrottlingException from api.ecr.eu-west-1.amazonaws.com).',
      'Try again later. If many containers start at once, ask AWS for a higher quota "Rate of GetAuthorizationToken requests".',
    ],
    [
      'an error of AWS',
      answered('ServerException', '', 500),
      facts(),
      'AWS has a problem of its own, HTTP 500 (ServerException from api.ecr.eu-west-1.amazonaws.com).',
      'Try again later; https://health.aws.amazon.com says whether AWS knows of it.',
    ],
  ])('%s', (_claim, error, context, message, advice) => {
    expect(explainAwsError(error, context)).toMatchObject({ message, advice });
  });

  test('an error that this program does not know is quoted', () => {
    expect(explainAwsError(answered('NewException', 'Something new.'), facts())).toMatchObject({
      verdict: 'rejected',
      cause: 'refused-by-aws',
      message: 'AWS refuses the request: Something new (NewException from api.ecr.eu-west-1.amazonaws.com).',
      advice: expect.stringMatching(/_CONTAINER_REGISTRY_USER and .*_CONTAINER_REGISTRY_PASSWORD/) as string,
    });
  });
});

describe('explainAwsError: access denied', () => {
  const ecrLine = '{"Effect":"Allow","Action":"ecr:GetAuthorizationToken","Resource":"*"}';
  const publicLine =
    '{"Effect":"Allow","Action":["ecr-public:GetAuthorizationToken","sts:GetServiceBearerToken"],"Resource":"*"}';
  const user = 'arn:aws:iam::123456789012:user/ci';
  const say = (action: string, because: string): string =>
    `User: ${user} is not authorized to perform: ${action} on resource: * ${because}`;
  const ecr = 'ecr:GetAuthorizationToken';
  const api = 'api.ecr.eu-west-1.amazonaws.com';

  test.each([
    [
      'no policy allows it',
      say(ecr, `because no identity-based policy allows the ${ecr} action`),
      `AWS does not let ${user} perform ${ecr} (AccessDenied from ${api}).`,
      `Add this to the IAM policy of the user or role: ${ecrLine}`,
    ],
    [
      'AWS gives no reason',
      say(ecr, ''),
      `AWS does not let ${user} perform ${ecr} (AccessDenied from ${api}).`,
      `Add this to the IAM policy of the user or role: ${ecrLine}`,
    ],
    [
      'AWS says nothing at all',
      '',
      `AWS does not let the owner of this key perform ${ecr} (AccessDenied from ${api}).`,
      `Add this to the IAM policy of the user or role: ${ecrLine}`,
    ],
    [
      'an explicit deny',
      say(ecr, 'with an explicit deny in an identity-based policy'),
      `AWS does not let ${user} perform ${ecr}: an explicit deny in an identity-based policy forbids it (AccessDenied from ${api}).`,
      `Take ${ecr} out of the Deny statement in the identity-based policy; a Deny outweighs every Allow.`,
    ],
    [
      'an explicit deny somewhere',
      say(ecr, 'with an explicit deny'),
      `AWS does not let ${user} perform ${ecr}: an explicit deny forbids it (AccessDenied from ${api}).`,
      `Take ${ecr} out of the Deny statement; a Deny outweighs every Allow.`,
    ],
    [
      'an explicit deny of the organization',
      say(
        ecr,
        'with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-1/service_control_policy/p-1',
      ),
      `AWS does not let ${user} perform ${ecr}: an explicit deny in a service control policy forbids it (AccessDenied from ${api}).`,
      `Ask the administrator of the AWS organization to take ${ecr} out of the Deny; no policy of this account can outweigh it.`,
    ],
    [
      'the organization does not allow it',
      say(ecr, `because no service control policy allows the ${ecr} action`),
      `AWS does not let ${user} perform ${ecr} (AccessDenied from ${api}).`,
      `The organization's service control policy does not allow it: ask its administrator to add ${ecrLine}`,
    ],
    [
      'the permissions boundary does not allow it',
      say(ecr, `because no permissions boundary allows the ${ecr} action`),
      `AWS does not let ${user} perform ${ecr} (AccessDenied from ${api}).`,
      `The permissions boundary of this user or role does not allow it: add ${ecrLine} to the boundary, and to its policy if it is not there.`,
    ],
    [
      'the session policy does not allow it',
      say(ecr, `because no session policy allows the ${ecr} action`),
      `AWS does not let ${user} perform ${ecr} (AccessDenied from ${api}).`,
      `The session policy given when the role was assumed does not allow it: add ${ecrLine} there.`,
    ],
    [
      'the VPC endpoint does not allow it',
      say(ecr, `because no VPC endpoint policy allows the ${ecr} action`),
      `AWS does not let ${user} perform ${ecr} (AccessDenied from ${api}).`,
      `The policy of the VPC endpoint for ecr does not allow it: add ${ecrLine} there, with its "Principal".`,
    ],
  ])('%s', (_claim, said, message, advice) => {
    expect(explainAwsError(answered('AccessDeniedException', said), facts())).toEqual({
      outcome: 'failed',
      verdict: 'rejected',
      cause: 'access-denied',
      variable: null,
      message,
      advice,
    });
  });

  test.each(['ecr-public:GetAuthorizationToken', 'sts:GetServiceBearerToken'])(
    'ECR Public: %s is named, and both that it needs are in the policy line',
    (action) => {
      const failure = explainAwsError(
        answered('AccessDeniedException', say(action, '')),
        facts('public.ecr.aws'),
      );
      expect(failure.message).toContain(`perform ${action} (`);
      expect(failure.advice).toBe(`Add this to the IAM policy of the user or role: ${publicLine}`);
    },
  );
});

describe('explainNoAnswer', () => {
  test.each([
    ['name-not-resolved', 'unreachable', 'SERVER'],
    ['connection-refused', 'unreachable', null],
    ['connection-lost', 'unreachable', null],
    ['timeout', 'unreachable', null],
    ['tls', 'unreachable', null],
    ['proxy', 'unreachable', null],
    ['answer-too-large', 'error', null],
    ['answer-not-understood', 'error', null],
  ] as const)('%s is %s', (reason, verdict, variable) => {
    const failure = explainNoAnswer(reason, 'the host did so', facts());
    const message = 'No token from AWS: the host did so.';
    expect(failure).toMatchObject({ cause: reason, verdict, variable, message, advice: expect.any(String) });
  });
});

describe('what AWS says is quoted without secrets', () => {
  test.each([
    ['the secret key', 'got planted-secret here'],
    ['the session token in base64', `got ${Buffer.from('planted/session+token=').toString('base64')}`],
    [
      'the secret key as an action',
      'User: arn:aws:iam::1:user/planted-secret is not authorized to perform: ecr:planted',
    ],
    ['the session token', 'x-amz-security-token:planted/session+token='],
    ['the session token in a query', 'X-Amz-Security-Token=planted%2Fsession%2Btoken%3D&x'],
    ['a secret at the place where long texts are cut', `${'x'.repeat(293)} planted-secret`],
    ['a secret between control characters', '\u001b[31mplanted-secret\u0000\n'],
  ])('%s', (_claim, said) => {
    for (const code of [
      'NewException',
      'InvalidParameterException',
      'AccessDeniedException',
      'RequestExpired',
    ]) {
      const text = JSON.stringify(explainAwsError(answered(code, said), facts()));
      expect(text).not.toMatch(/planted-|planted\/|cGxhbnRlZC|\\u001b|\\u0000|\\n/);
    }
  });

  test.each(['\u001b[2J<planted>', 'planted-secret'])('the error code %j is not printed', (code) => {
    const failure = explainAwsError(answered(code, 'No.'), facts());
    expect(failure.message).toBe(
      'AWS refuses the request: No (HTTP 400 from api.ecr.eu-west-1.amazonaws.com).',
    );
  });

  test('a very long message is cut', () => {
    const failure = explainAwsError(answered('NewException', 'x'.repeat(100_000)), facts());
    expect(failure.message.length).toBeLessThan(400);
  });
});
