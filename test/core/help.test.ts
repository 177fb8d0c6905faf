import { describe, expect, test } from 'vitest';
import { helpText } from '../../src/core/help.ts';

test('the whole text', () => {
  expect(helpText).toMatchSnapshot();
});

test('no line is over 80 columns', () => {
  expect(helpText.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

describe('it names', () => {
  test.each([
    'login',
    'status',
    'doctor',
    'logout',
    '--json',
    '--dry-run',
    '--skip-verified',
    '--exit-zero',
    '--only NAME',
    '--exit-code',
    '--quiet',
    '--help',
    '--version',
    '_CONTAINER_REGISTRY_SERVER',
    '_CONTAINER_REGISTRY_USER ',
    '_CONTAINER_REGISTRY_PASSWORD',
    '_CONTAINER_REGISTRY_SESSION_TOKEN',
    'DOCKER_CONFIG',
    'REGISTRY_LOGIN_',
    'CREDENTIAL_STORE',
    'ON_FAILURE',
    'TIMEOUT',
    'GITHUB,',
    'EXPECT',
    'INSECURE_REGISTRIES',
    'TRUSTED_AUTH_HOSTS',
    'CHECK_ON_ATTACH',
    'REGISTRY_LOGIN_GITHUB_TOKEN',
    'REGISTRY_LOGIN_SECRETS_DIR',
    'NODE_EXTRA_CA_CERTS',
    'HTTPS_PROXY',
    'NO_PROXY',
    'NO_COLOR',
    'docker-credential-registry-login',
  ])('%s', (word) => {
    expect(helpText).toContain(word);
  });

  test.each([0, 1, 2, 3, 10])('exit code %i', (code) => {
    expect(helpText).toMatch(new RegExp(`^  ${code} +\\w`, 'm'));
  });
});

test('it never says npx registry-login, which is another project', () => {
  expect(helpText).not.toContain('npx registry-login');
});
