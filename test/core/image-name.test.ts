import { describe, expect, test } from 'vitest';
import { parseImageName } from '../../src/core/image-name.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const hub = 'https://index.docker.io/v1/';

describe('names as docker reads them', () => {
  test.each<[image: string, key: string, repository: string, reference: string]>([
    ['alpine', hub, 'library/alpine', 'latest'],
    ['alpine:3.20', hub, 'library/alpine', '3.20'],
    [`alpine@${digest}`, hub, 'library/alpine', digest],
    [`alpine:3.20@${digest}`, hub, 'library/alpine', digest],
    ['docker.io/alpine', hub, 'library/alpine', 'latest'],
    ['index.docker.io/alpine:1', hub, 'library/alpine', '1'],
    ['docker.io/library/alpine', hub, 'library/alpine', 'latest'],
    ['team/app', hub, 'team/app', 'latest'],
    ['team/sub/app:1', hub, 'team/sub/app', '1'],
    ['localhost/app', 'localhost', 'app', 'latest'],
    ['localhost:5000/app:v1', 'localhost:5000', 'app', 'v1'],
    ['host/app', hub, 'host/app', 'latest'],
    ['HOST/app', 'host', 'app', 'latest'],
    ['host:5000/app', 'host:5000', 'app', 'latest'],
    ['mycompany.azurecr.io/team/app:1.2', 'mycompany.azurecr.io', 'team/app', '1.2'],
    ['GHCR.io/octo/app', 'ghcr.io', 'octo/app', 'latest'],
    ['127.0.0.1:5000/app', '127.0.0.1:5000', 'app', 'latest'],
    ['[::1]:5000/app:1', '[::1]:5000', 'app', '1'],
    [
      '123456789012.dkr.ecr.eu-west-1.amazonaws.com/a/b:c',
      '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
      'a/b',
      'c',
    ],
    ['a.example/x__y/z-w.v:_T', 'a.example', 'x__y/z-w.v', '_T'],
    [`a.example/x@sha512:${'0'.repeat(128)}`, 'a.example', 'x', `sha512:${'0'.repeat(128)}`],
    ['constructor', hub, 'library/constructor', 'latest'],
  ])('%s', (image, key, repository, reference) => {
    const parsed = parseImageName(image);
    expect('error' in parsed ? parsed : { ...parsed, host: parsed.host.key }).toEqual({
      host: key,
      repository,
      reference,
    });
  });
});

describe('what is no name of an image', () => {
  test.each<[image: string, error: RegExp]>([
    ['', /not the name of an image/],
    ['https://ghcr.io/octo/app', /no scheme/],
    ['0123456789abcdef'.repeat(4), /image ID/],
    ['a.example/', /not the name/],
    ['a.example/App', /capital letters/],
    ['Alpine', /capital letters/],
    ['a.example/x:', /tag is not valid/],
    ['a.example/x:a b', /tag is not valid/],
    [`a.example/x:${'a'.repeat(129)}`, /tag is not valid/],
    ['a.example/x:1:2', /tag is not valid/],
    ['a.example/x@', /digest is not valid/],
    ['a.example/x@sha256:0123', /digest is not valid/],
    [`a.example/x@${digest.toUpperCase()}`, /digest is not valid/],
    [`a.example/x@md5:${'0'.repeat(32)}`, /digest is not valid/],
    ['a.example/../x', /not the name/],
    ['a.example//x', /not the name/],
    ['a.example/-x', /not the name/],
    ['a.example/x___y', /not the name/],
    ['a.example/x?y', /not the name/],
    ['a_b.example/x', /not a registry's host/],
    ['a.example:99999/x', /not a registry's host/],
    ['127.1:80/x', /not a registry's host/],
    [`a.example/${'a'.repeat(256)}`, /too long/],
    ['user:hunter2@a.example/x', /./],
  ])('%j', (image, error) => {
    const parsed = parseImageName(image);
    expect(parsed).toEqual({ error: expect.stringMatching(error) as string });
    expect(JSON.stringify(parsed)).not.toContain('hunter2');
  });
});
