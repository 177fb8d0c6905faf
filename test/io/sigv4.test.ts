import { describe, expect, test } from 'vitest';
import { isRefusal, verifySignature, type SignedRequest } from '../support/sigv4.ts';

// Keys, time and signatures of the published AWS Signature Version 4 test suite (get-vanilla, post-vanilla, get-vanilla-query-order-key-case).
const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const now = Date.parse('2015-08-30T12:36:00Z');
const expected = { keys: [key], now, service: 'service', region: 'us-east-1' };

function signedBy(
  signature: string,
  change: Partial<SignedRequest> = {},
  headers: Record<string, string> = {},
): SignedRequest {
  return {
    method: 'GET',
    target: '/',
    body: Buffer.alloc(0),
    ...change,
    headers: {
      host: 'example.amazonaws.com',
      'x-amz-date': '20150830T123600Z',
      authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
      ...headers,
    },
  };
}

const vanilla = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31';

describe('the stand-in checks signatures as AWS publishes them', () => {
  test.each([
    ['get-vanilla', signedBy(vanilla)],
    [
      'post-vanilla',
      signedBy('5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b', { method: 'POST' }),
    ],
    [
      'get-vanilla-query-order-key-case',
      signedBy('b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500', {
        target: '/?Param2=value2&Param1=value1',
      }),
    ],
  ])('%s is accepted', (_name, request) => {
    expect(verifySignature(request, expected)).toEqual({ key, region: 'us-east-1', service: 'service' });
  });

  test.each([
    ['another signature', signedBy(vanilla.replace(/^5/, '6')), expected, 'InvalidSignatureException'],
    ['another method', signedBy(vanilla, { method: 'POST' }), expected, 'InvalidSignatureException'],
    ['another body', signedBy(vanilla, { body: Buffer.from('x') }), expected, 'InvalidSignatureException'],
    [
      'another host',
      signedBy(vanilla, {}, { host: 'other.amazonaws.com' }),
      expected,
      'InvalidSignatureException',
    ],
    [
      'another secret',
      signedBy(vanilla),
      { ...expected, keys: [{ ...key, secretAccessKey: 'no' }] },
      'InvalidSignatureException',
    ],
    ['another region', signedBy(vanilla), { ...expected, region: 'us-east-2' }, 'InvalidSignatureException'],
    ['another service', signedBy(vanilla), { ...expected, service: 'ecr' }, 'InvalidSignatureException'],
    ['an unknown key', signedBy(vanilla), { ...expected, keys: [] }, 'UnrecognizedClientException'],
    [
      'a missing session token',
      signedBy(vanilla),
      { ...expected, keys: [{ ...key, sessionToken: 't' }] },
      'UnrecognizedClientException',
    ],
    [
      'a session token too many',
      signedBy(vanilla, {}, { 'x-amz-security-token': 't' }),
      expected,
      'UnrecognizedClientException',
    ],
    [
      'an x-amz header that is not signed',
      signedBy(vanilla, {}, { 'x-amz-target': 't' }),
      expected,
      'InvalidSignatureException',
    ],
    [
      'an unsigned payload',
      signedBy(vanilla, {}, { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }),
      expected,
      'InvalidSignatureException',
    ],
    ['six minutes late', signedBy(vanilla), { ...expected, now: now + 360_000 }, 'InvalidSignatureException'],
    [
      'six minutes early',
      signedBy(vanilla),
      { ...expected, now: now - 360_000 },
      'InvalidSignatureException',
    ],
    [
      'no signature',
      signedBy(vanilla, {}, { authorization: 'Basic eA==' }),
      expected,
      'IncompleteSignatureException',
    ],
  ])('%s is refused', (_name, request, expectation, code) => {
    const result = verifySignature(request, expectation);
    expect(isRefusal(result) && result.code).toBe(code);
  });
});
