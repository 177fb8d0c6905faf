import { describe, expect, test } from 'vitest';
import { helperName, placeCredential, renewsItself } from '../../src/core/placement.ts';

const plain = { kind: 'basic', username: 'someone' } as const;
const github = { kind: 'github', username: 'octocat' } as const;
const ecrKeys = { kind: 'ecr', username: 'AKIAIOSFODNN7EXAMPLE' } as const;
const ecrPublicKeys = { kind: 'ecr-public', username: 'ASIAIOSFODNN7EXAMPLE' } as const;
const ecrToken = { kind: 'ecr', username: 'AWS' } as const;

test('the helper is named as in the contract', () => {
  expect(helperName).toBe('registry-login');
});

describe('where credentials go', () => {
  test.each([
    { claim: 'auto, static credentials', set: plain, option: 'auto', shadow: null, store: 'config' },
    { claim: "auto, the codespace's own token", set: github, option: 'auto', shadow: null, store: 'config' },
    {
      claim: "auto, static credentials, under an editor's credsStore",
      set: plain,
      option: 'auto',
      shadow: 'dev-containers-1234',
      store: 'both',
    },
    {
      claim: 'auto, static credentials, under secretservice',
      set: plain,
      option: 'auto',
      shadow: 'secretservice',
      store: 'both',
    },
    { claim: 'auto, ECR with keys', set: ecrKeys, option: 'auto', shadow: null, store: 'both' },
    {
      claim: 'auto, ECR with keys, under a credsStore',
      set: ecrKeys,
      option: 'auto',
      shadow: 'desktop',
      store: 'both',
    },
    { claim: 'auto, ECR Public with keys', set: ecrPublicKeys, option: 'auto', shadow: null, store: 'both' },
    {
      claim: 'auto, ECR with a token, which nobody can renew',
      set: ecrToken,
      option: 'auto',
      shadow: null,
      store: 'config',
    },
    {
      claim: 'auto, ECR with a token, under a credsStore',
      set: ecrToken,
      option: 'auto',
      shadow: 'pass',
      store: 'both',
    },
    { claim: 'helper, static credentials', set: plain, option: 'helper', shadow: null, store: 'helper' },
    { claim: 'helper, ECR with keys', set: ecrKeys, option: 'helper', shadow: 'desktop', store: 'helper' },
    { claim: 'config, static credentials', set: plain, option: 'config', shadow: null, store: 'config' },
    {
      claim: 'config, whatever shadows it',
      set: plain,
      option: 'config',
      shadow: 'desktop',
      store: 'config',
    },
    { claim: 'config, ECR with keys', set: ecrKeys, option: 'config', shadow: null, store: 'config' },
  ] as const)('$claim: $store', ({ set, option, shadow, store }) => {
    expect(placeCredential(set, option, shadow, 'lasting')).toBe(store);
    expect(placeCredential(set, option, shadow, 'missing')).toBe(store);
  });
});

describe('under npx, whose helper is gone after the run', () => {
  test.each([
    { claim: 'static credentials', set: plain, option: 'auto', shadow: null, place: 'config' },
    {
      claim: 'static credentials under a credsStore go there, as with docker login',
      set: plain,
      option: 'auto',
      shadow: 'desktop',
      place: 'native',
    },
    {
      claim: 'an ECR token is stored, and not renewed',
      set: ecrKeys,
      option: 'auto',
      shadow: null,
      place: 'config',
    },
    {
      claim: 'an ECR token under a credsStore goes there',
      set: ecrKeys,
      option: 'auto',
      shadow: 'desktop',
      place: 'native',
    },
    {
      claim: 'the option helper is taken at its word',
      set: plain,
      option: 'helper',
      shadow: null,
      place: 'helper',
    },
    { claim: 'the option config is too', set: plain, option: 'config', shadow: 'desktop', place: 'config' },
  ] as const)('$claim: $place', ({ set, option, shadow, place }) => {
    expect(placeCredential(set, option, shadow, 'passing')).toBe(place);
  });
});

test.each([
  { set: plain, renews: false },
  { set: { kind: 'basic', username: 'AKIAIOSFODNN7EXAMPLE' }, renews: false },
  { set: github, renews: false },
  { set: ecrKeys, renews: true },
  { set: ecrPublicKeys, renews: true },
  { set: ecrToken, renews: false },
] as const)('$set.kind with $set.username renews itself: $renews', ({ set, renews }) => {
  expect(renewsItself(set)).toBe(renews);
});
