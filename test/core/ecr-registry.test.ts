import { describe, expect, test } from 'vitest';
import { isAwsAccessKeyId, parseEcrRegistry, type EcrRegistry } from '../../src/core/ecr-registry.ts';

const account = '123456789012';
const plain = { kind: 'ecr', account, partition: 'aws', fips: false, dualStack: false } as const;

const registries: readonly (readonly [claim: string, hostname: string, expected: EcrRegistry])[] = [
  ['a standard host', `${account}.dkr.ecr.us-east-1.amazonaws.com`, { ...plain, region: 'us-east-1' }],
  [
    'letter case does not matter',
    `${account}.DKR.Ecr.EU-Central-1.AmazonAWS.Com`,
    { ...plain, region: 'eu-central-1' },
  ],
  [
    'a three-part region name',
    `${account}.dkr.ecr.ap-southeast-7.amazonaws.com`,
    { ...plain, region: 'ap-southeast-7' },
  ],
  [
    'an account with leading zeros',
    '000000000001.dkr.ecr.us-east-1.amazonaws.com',
    { ...plain, account: '000000000001', region: 'us-east-1' },
  ],
  [
    'a region newer than this program',
    `${account}.dkr.ecr.xx-new-9.amazonaws.com`,
    { ...plain, region: 'xx-new-9' },
  ],
  [
    'a FIPS host',
    `${account}.dkr.ecr-fips.us-west-2.amazonaws.com`,
    { ...plain, region: 'us-west-2', fips: true },
  ],
  [
    'a dual-stack host',
    `${account}.dkr-ecr.us-west-2.on.aws`,
    { ...plain, region: 'us-west-2', dualStack: true },
  ],
  [
    'a FIPS dual-stack host',
    `${account}.dkr-ecr-fips.us-west-2.on.aws`,
    { ...plain, region: 'us-west-2', fips: true, dualStack: true },
  ],
  [
    'GovCloud',
    `${account}.dkr.ecr.us-gov-west-1.amazonaws.com`,
    { ...plain, region: 'us-gov-west-1', partition: 'aws-us-gov' },
  ],
  [
    'GovCloud, FIPS',
    `${account}.dkr.ecr-fips.us-gov-east-1.amazonaws.com`,
    { ...plain, region: 'us-gov-east-1', partition: 'aws-us-gov', fips: true },
  ],
  [
    'GovCloud, dual-stack',
    `${account}.dkr-ecr.us-gov-east-1.on.aws`,
    { ...plain, region: 'us-gov-east-1', partition: 'aws-us-gov', dualStack: true },
  ],
  [
    'China',
    `${account}.dkr.ecr.cn-north-1.amazonaws.com.cn`,
    { ...plain, region: 'cn-north-1', partition: 'aws-cn' },
  ],
  [
    'China, dual-stack',
    `${account}.dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn`,
    { ...plain, region: 'cn-northwest-1', partition: 'aws-cn', dualStack: true },
  ],
  [
    'the European Sovereign Cloud',
    `${account}.dkr.ecr.eusc-de-east-1.amazonaws.eu`,
    { ...plain, region: 'eusc-de-east-1', partition: 'aws-eusc' },
  ],
  [
    'iso',
    `${account}.dkr.ecr.us-iso-east-1.c2s.ic.gov`,
    { ...plain, region: 'us-iso-east-1', partition: 'aws-iso' },
  ],
  [
    'isob',
    `${account}.dkr.ecr.us-isob-east-1.sc2s.sgov.gov`,
    { ...plain, region: 'us-isob-east-1', partition: 'aws-iso-b' },
  ],
  [
    'isoe',
    `${account}.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk`,
    { ...plain, region: 'eu-isoe-west-1', partition: 'aws-iso-e' },
  ],
  [
    'isof',
    `${account}.dkr.ecr.us-isof-south-1.csp.hci.ic.gov`,
    { ...plain, region: 'us-isof-south-1', partition: 'aws-iso-f' },
  ],
  [
    'ECR Public',
    'public.ecr.aws',
    {
      kind: 'ecr-public',
      account: null,
      region: 'us-east-1',
      partition: 'aws',
      fips: false,
      dualStack: false,
    },
  ],
  [
    'ECR Public, dual-stack, in capitals',
    'ECR-PUBLIC.AWS.COM',
    {
      kind: 'ecr-public',
      account: null,
      region: 'us-east-1',
      partition: 'aws',
      fips: false,
      dualStack: true,
    },
  ],
];

const others: readonly (readonly [claim: string, hostname: string])[] = [
  ['the ECR name as a prefix of another domain', `${account}.dkr.ecr.us-east-1.amazonaws.com.evil.com`],
  ['the China suffix on another domain', `${account}.dkr.ecr.cn-north-1.amazonaws.com.cn.evil.com.cn`],
  ['the dual-stack suffix with more behind it', `${account}.dkr-ecr.cn-north-1.on.aws.com.cn`],
  ['the ECR name behind another label', `x.${account}.dkr.ecr.us-east-1.amazonaws.com`],
  ['a name below ECR Public', 'x.public.ecr.aws'],
  ['ECR Public below another domain', 'public.ecr.aws.evil.com'],
  ['eleven digits', '12345678901.dkr.ecr.us-east-1.amazonaws.com'],
  ['thirteen digits', '1234567890123.dkr.ecr.us-east-1.amazonaws.com'],
  ['no account', '.dkr.ecr.us-east-1.amazonaws.com'],
  ['letters in the account', '12345678901a.dkr.ecr.us-east-1.amazonaws.com'],
  ['digits of another script', '１２３４５６７８９０１２.dkr.ecr.us-east-1.amazonaws.com'],
  ['KELVIN SIGN for k', `${account}.d\u212Ar.ecr.us-east-1.amazonaws.com`],
  ['LONG S for s', `${account}.dkr.ecr.us-east-1.amazonaw\u017F.com`],
  ['no region', `${account}.dkr.ecr.amazonaws.com`],
  ['an empty region', `${account}.dkr.ecr..amazonaws.com`],
  ['two labels for a region', `${account}.dkr.ecr.us-east-1.evil.amazonaws.com`],
  ['a region that starts with a hyphen', `${account}.dkr.ecr.-us-east-1.amazonaws.com`],
  ['a region of 64 characters', `${account}.dkr.ecr.${'a'.repeat(64)}.amazonaws.com`],
  ['a China region at the global suffix', `${account}.dkr.ecr.cn-north-1.amazonaws.com`],
  ['a global region at the China suffix', `${account}.dkr.ecr.us-east-1.amazonaws.com.cn`],
  ['a global region at the Sovereign Cloud', `${account}.dkr.ecr.eu-central-1.amazonaws.eu`],
  ['an isob region at the iso suffix', `${account}.dkr.ecr.us-isob-east-1.c2s.ic.gov`],
  ['a dual-stack label at the classic suffix', `${account}.dkr-ecr.us-east-1.amazonaws.com`],
  ['a classic label at the dual-stack suffix', `${account}.dkr.ecr.us-east-1.on.aws`],
  ['the API host', 'api.ecr.us-east-1.amazonaws.com'],
  ['a trailing dot, which no image reference can have', `${account}.dkr.ecr.us-east-1.amazonaws.com.`],
  ['a trailing line break', `${account}.dkr.ecr.us-east-1.amazonaws.com\n`],
  ['a port', `${account}.dkr.ecr.us-east-1.amazonaws.com:443`],
  ['a path', `${account}.dkr.ecr.us-east-1.amazonaws.com/v2`],
  ['a dot that is another character', `${account}.dkr.ecr.us-east-1.amazonawsxcom`],
  ['a very long name', `${account}.dkr.ecr.${'a-'.repeat(5000)}a.amazonaws.com`],
  ['nothing', ''],
  ['another registry', 'ghcr.io'],
];

describe('parseEcrRegistry', () => {
  test.each(registries)('knows %s', (_claim, hostname, expected) => {
    expect(parseEcrRegistry(hostname)).toEqual(expected);
  });

  test.each(others)('does not take %s for ECR', (_claim, hostname) => {
    expect(parseEcrRegistry(hostname)).toBeNull();
  });
});

describe('isAwsAccessKeyId', () => {
  test.each([
    ['a long-lived key', 'AKIAIOSFODNN7EXAMPLE', true],
    ['a temporary key', 'ASIAIOSFODNN7EXAMPLE', true],
    ['a role id', 'AROAIOSFODNN7EXAMPLE', false],
    ['lower case', 'akiaiosfodnn7example', false],
    ['one character lost in copying', 'AKIAIOSFODNN7EXAMPL', true],
    ['one character too many', 'AKIAIOSFODNN7EXAMPLES', true],
    ['a part of a key', 'AKIAEXAMPLE', true],
    ['a word that begins alike', 'ASIAPACIFIC', false],
    ['a key in a sentence', 'the AKIAIOSFODNN7EXAMPLE key', false],
    ['a line break at the end', 'AKIAIOSFODNN7EXAMPLE\n', false],
    ['the user of a token', 'AWS', false],
    ['nothing', '', false],
  ])('%s', (_claim, text, expected) => {
    expect(isAwsAccessKeyId(text)).toBe(expected);
  });
});
