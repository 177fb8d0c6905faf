export type AwsPartition =
  | 'aws'
  | 'aws-us-gov'
  | 'aws-cn'
  | 'aws-eusc'
  | 'aws-iso'
  | 'aws-iso-b'
  | 'aws-iso-e'
  | 'aws-iso-f';

export interface EcrRegistry {
  readonly kind: 'ecr' | 'ecr-public';
  /** Twelve digits; null for ECR Public, whose one registry belongs to no caller. */
  readonly account: string | null;
  /** Lower case. Not checked against a list: regions are added faster than programs are released. */
  readonly region: string;
  readonly partition: AwsPartition;
  readonly fips: boolean;
  readonly dualStack: boolean;
}

/** ECR Public answers authentication requests in this region only (Amazon ECR Public user guide, "Registry authentication"). */
const publicRegion = 'us-east-1';

/** Registry hosts of ECR Public; the second one is the dual-stack form (Amazon ECR Public user guide, "Making requests"). */
const publicHosts: ReadonlyMap<string, { readonly dualStack: boolean }> = new Map([
  ['public.ecr.aws', { dualStack: false }],
  ['ecr-public.aws.com', { dualStack: true }],
]);

/** Region prefixes of the partitions other than `aws` (partitions.json of the AWS SDKs, 2026). */
const partitionPrefixes: readonly (readonly [prefix: string, partition: AwsPartition])[] = [
  ['us-gov-', 'aws-us-gov'],
  ['cn-', 'aws-cn'],
  ['eusc-', 'aws-eusc'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
];

/** `<account>.dkr.ecr[-fips].<region>.` goes with these (awslabs/amazon-ecr-credential-helper v0.9.1 ecr-login/api/client.go). */
const classicSuffixes: ReadonlyMap<string, readonly AwsPartition[]> = new Map<
  string,
  readonly AwsPartition[]
>([
  ['amazonaws.com', ['aws', 'aws-us-gov']],
  ['amazonaws.com.cn', ['aws-cn']],
  ['amazonaws.eu', ['aws-eusc']],
  ['c2s.ic.gov', ['aws-iso']],
  ['sc2s.sgov.gov', ['aws-iso-b']],
  ['cloud.adc-e.uk', ['aws-iso-e']],
  ['csp.hci.ic.gov', ['aws-iso-f']],
]);

/** `<account>.dkr-ecr[-fips].<region>.` goes with these (same source). */
const dualStackSuffixes: ReadonlyMap<string, readonly AwsPartition[]> = new Map<
  string,
  readonly AwsPartition[]
>([
  ['on.aws', ['aws', 'aws-us-gov']],
  ['on.amazonwebservices.com.cn', ['aws-cn']],
]);

const privateHost =
  /^(?<account>\d{12})\.dkr(?<join>[.-])ecr(?<fips>-fips)?\.(?=[^.]{1,63}\.)(?<region>[a-z0-9]+(?:-[a-z0-9]+)*)\.(?<suffix>[a-z0-9.-]+)$/;

/**
 * The ECR registry that a parsed host name (no scheme, port or path; letter case does not matter) stands for, or null
 * where it is none. Exact: AWS keys must never be taken for another host's, nor another host for AWS. A trailing dot
 * is no ECR host either, since an image reference cannot have one (distribution/reference `domain`).
 */
export function parseEcrRegistry(hostname: string): EcrRegistry | null {
  // Lower-casing turns some other letters into ASCII ones (U+212A KELVIN SIGN into k).
  if (hostname.length > 253 || !/^[A-Za-z0-9.-]+$/.test(hostname)) return null;
  const host = hostname.toLowerCase();

  const publicHost = publicHosts.get(host);
  if (publicHost !== undefined) {
    const { dualStack } = publicHost;
    return {
      kind: 'ecr-public',
      account: null,
      region: publicRegion,
      partition: 'aws',
      fips: false,
      dualStack,
    };
  }

  const { account, join, fips, region, suffix } = privateHost.exec(host)?.groups ?? {};
  if (account === undefined || region === undefined || suffix === undefined) return null;
  const dualStack = join === '-';
  const partition = partitionOf(region);
  const partitions = (dualStack ? dualStackSuffixes : classicSuffixes).get(suffix);
  if (partitions?.includes(partition) !== true) return null;
  return { kind: 'ecr', account, region, partition, fips: fips !== undefined, dualStack };
}

/**
 * Whether the text can only be an AWS access key id, long-lived (`AKIA`) or temporary (`ASIA`): 20 characters today, up to 128 by the IAM
 * API reference. A part of a key counts too, so that one that was cut in copying is not sent to a stranger; `ASIA` also begins words.
 */
export function isAwsAccessKeyId(text: string): boolean {
  return /^(?:AKIA[A-Z0-9]{4,124}|ASIA(?:[A-Z0-9]{12,124}|[A-Z]*[0-9][A-Z0-9]*))$/.test(text);
}

function partitionOf(region: string): AwsPartition {
  return partitionPrefixes.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws';
}
