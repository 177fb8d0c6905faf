export type AwsErrorName =
  | 'unknown-key'
  | 'disabled-key'
  | 'wrong-secret'
  | 'signature-does-not-match'
  | 'clock-behind'
  | 'clock-ahead'
  | 'request-expired'
  | 'expired-session-token'
  | 'denied'
  | 'denied-public'
  | 'denied-bearer'
  | 'denied-explicitly'
  | 'denied-by-scp'
  | 'denied-by-boundary'
  | 'denied-by-session-policy'
  | 'wrong-region'
  | 'wrong-account'
  | 'unsupported-region'
  | 'throttled'
  | 'throttled-with-retry-after'
  | 'too-many-requests'
  | 'server-error'
  | 'unavailable';

/** An error of AWS, any answer at all, a connection that ends without one, or none in any time. */
export type InjectedError =
  | AwsErrorName
  | 'connection-lost'
  | 'silence'
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> };

interface AwsErrorAnswer {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly retryAfterSeconds?: number;
}

const minute = 60_000;

/** What AWS answers, as its documentation and its users' reports quote it. `now` is AWS's clock, `sent` the request's own time. */
export function awsErrors(now: number, sent: string): Readonly<Record<AwsErrorName, AwsErrorAnswer>> {
  const denied = (action: string, because: string): AwsErrorAnswer => ({
    code: 'AccessDeniedException',
    message: `User: arn:aws:iam::123456789012:user/stand-in is not authorized to perform: ${action} on resource: * ${because}`,
    status: 400,
  });
  const ecr = 'ecr:GetAuthorizationToken';
  return {
    'unknown-key': {
      code: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
      status: 400,
    },
    'disabled-key': {
      code: 'InvalidClientTokenId',
      message: 'The security token included in the request is invalid.',
      status: 403,
    },
    'wrong-secret': {
      code: 'InvalidSignatureException',
      message:
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
      status: 400,
    },
    'signature-does-not-match': {
      code: 'SignatureDoesNotMatch',
      message: 'The request signature we calculated does not match the signature you provided.',
      status: 403,
    },
    'clock-behind': {
      code: 'InvalidSignatureException',
      message: `Signature expired: ${sent} is now earlier than ${basic(now - 5 * minute)} (${basic(now)} - 5 min.)`,
      status: 400,
    },
    'clock-ahead': {
      code: 'InvalidSignatureException',
      message: `Signature not yet current: ${sent} is still later than ${basic(now + 5 * minute)} (${basic(now)} + 5 min.)`,
      status: 400,
    },
    'request-expired': { code: 'RequestExpired', message: 'Request has expired.', status: 400 },
    'expired-session-token': {
      code: 'ExpiredTokenException',
      message: 'The security token included in the request is expired',
      status: 400,
    },
    denied: denied(ecr, `because no identity-based policy allows the ${ecr} action`),
    'denied-public': denied(
      'ecr-public:GetAuthorizationToken',
      'because no identity-based policy allows the ecr-public:GetAuthorizationToken action',
    ),
    'denied-bearer': denied(
      'sts:GetServiceBearerToken',
      'because no identity-based policy allows the sts:GetServiceBearerToken action',
    ),
    'denied-explicitly': denied(ecr, 'with an explicit deny in an identity-based policy'),
    'denied-by-scp': denied(ecr, 'with an explicit deny in a service control policy'),
    'denied-by-boundary': denied(ecr, `because no permissions boundary allows the ${ecr} action`),
    'denied-by-session-policy': denied(ecr, `because no session policy allows the ${ecr} action`),
    'wrong-region': {
      code: 'InvalidSignatureException',
      message: 'Credential should be scoped to a valid region. ',
      status: 400,
    },
    'wrong-account': {
      code: 'InvalidParameterException',
      message: "Invalid parameter at 'registryIds' failed to satisfy constraint: 'Invalid registry id'",
      status: 400,
    },
    'unsupported-region': {
      code: 'UnsupportedCommandException',
      message: 'GetAuthorizationToken command is only supported in us-east-1.',
      status: 400,
    },
    throttled: { code: 'ThrottlingException', message: 'Rate exceeded', status: 400 },
    'throttled-with-retry-after': {
      code: 'ThrottlingException',
      message: 'Rate exceeded',
      status: 400,
      retryAfterSeconds: 1,
    },
    'too-many-requests': { code: 'TooManyRequestsException', message: 'Too Many Requests', status: 429 },
    'server-error': { code: 'ServerException', message: 'The service is not available.', status: 500 },
    unavailable: { code: 'ServiceUnavailableException', message: '', status: 503 },
  };
}

function basic(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}
