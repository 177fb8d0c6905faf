import { describe, expect, test } from 'vitest';
import { findNearMisses } from '../../src/core/near-miss.ts';
import { parseVariableName, type SecretPart } from '../../src/core/variable-name.ts';

/** The near misses among variables that are all set. */
function nearMissesOf(...variables: string[]): Record<string, string> {
  const parts = variables.map(parseVariableName).filter((parsed) => parsed !== null);
  const hasPart = (name: string, part: SecretPart): boolean =>
    parts.some((one) => one.name === name && one.part === part);
  const names = parts.map(({ name }) => name);
  return Object.fromEntries(
    findNearMisses(variables, hasPart, names).map(({ variable, correction }) => [variable, correction]),
  );
}

describe('what people write instead', () => {
  test.each([
    ['ACR_CONTAINER_REGISTRY_USERNAME', 'ACR_CONTAINER_REGISTRY_USER'],
    ['ACR_CONTAINER_REGISTRY_USER_NAME', 'ACR_CONTAINER_REGISTRY_USER'],
    ['ACR_CONTAINER_REGISTRY_LOGIN', 'ACR_CONTAINER_REGISTRY_USER'],
    ['ACR_CONTAINER_REGISTRY_USERS', 'ACR_CONTAINER_REGISTRY_USER'],
    ['ACR_CONTAINER_REGISTRY_USR', 'ACR_CONTAINER_REGISTRY_USER'],
    ['ACR_CONTAINER_REGISTRY_PASS', 'ACR_CONTAINER_REGISTRY_PASSWORD'],
    ['ACR_CONTAINER_REGISTRY_PASSWD', 'ACR_CONTAINER_REGISTRY_PASSWORD'],
    ['ACR_CONTAINER_REGISTRY_PASSWORT', 'ACR_CONTAINER_REGISTRY_PASSWORD'],
    ['ACR_CONTAINER_REGISTRY_PASWORD', 'ACR_CONTAINER_REGISTRY_PASSWORD'],
    ['ACR_CONTAINER_REGISTRY_TOKEN', 'ACR_CONTAINER_REGISTRY_PASSWORD'],
    ['ACR_CONTAINER_REGISTRY_URL', 'ACR_CONTAINER_REGISTRY_SERVER'],
    ['ACR_CONTAINER_REGISTRY_SEVRER', 'ACR_CONTAINER_REGISTRY_SERVER'],
    ['ACR_CONTAINER_REGISTRY_SERVERS', 'ACR_CONTAINER_REGISTRY_SERVER'],
    ['ACR_CONTAINER_REGISTRY_SESSIONTOKEN', 'ACR_CONTAINER_REGISTRY_SESSION_TOKEN'],
    ['ACR_CONTAINER_REGISTY_SERVER', 'ACR_CONTAINER_REGISTRY_SERVER'],
    ['ACR_CONTAINER_REGISTERY_PASSWORD', 'ACR_CONTAINER_REGISTRY_PASSWORD'],
    ['ACR_CONTANER_REGISTRY_USER', 'ACR_CONTAINER_REGISTRY_USER'],
    ['ACR_CONTAINERS_REGISTRY_USER', 'ACR_CONTAINER_REGISTRY_USER'],
    ['ACR_CONTAINER_REGISTY_USERNAME', 'ACR_CONTAINER_REGISTRY_USER'],
    ['ACR_CONTAINERREGISTRY_SERVER', 'ACR_CONTAINER_REGISTRY_SERVER'],
    ['ACR_CONTAINER_REGISTRY__SERVER', 'ACR_CONTAINER_REGISTRY_SERVER'],
    ['ACR-CONTAINER-REGISTRY-SERVER', 'ACR_CONTAINER_REGISTRY_SERVER'],
    ['MY-ACR_CONTAINER_REGISTRY_SERVER', 'MY_ACR_CONTAINER_REGISTRY_SERVER'],
    ['2ND_CONTAINER_REGISTRY_SERVER', '_2ND_CONTAINER_REGISTRY_SERVER'],
    ['acr_container_registry_server', 'acr_CONTAINER_REGISTRY_SERVER'],
    ['ACR_CONTAINER_REGISTRY_server', 'ACR_CONTAINER_REGISTRY_SERVER'],
    ['acr_container_registry_username', 'acr_CONTAINER_REGISTRY_USER'],
    ['A_CONTAINER_REGISTRY_B_CONTAINER_REGISTRY_PASS', 'A_CONTAINER_REGISTRY_B_CONTAINER_REGISTRY_PASSWORD'],
    ['__proto___CONTAINER_REGISTRY_PASS', '__proto___CONTAINER_REGISTRY_PASSWORD'],
    ['CONTAINER_REGISTRY_SERVER', 'MY_CONTAINER_REGISTRY_SERVER'],
    ['_CONTAINER_REGISTRY_SERVER', 'MY_CONTAINER_REGISTRY_SERVER'],
    ['CONTAINER_REGISTRY_USER', 'MY_CONTAINER_REGISTRY_USER'],
    ['CONTAINER_REGISTRY_PASSWORD', 'MY_CONTAINER_REGISTRY_PASSWORD'],
    ['CONTAINER_REGISTRY_USERNAME', 'MY_CONTAINER_REGISTRY_USER'],
    ['container_registry_server', 'MY_CONTAINER_REGISTRY_SERVER'],
  ])('%s → %s', (variable, correction) => {
    expect(nearMissesOf(variable)).toEqual({ [variable]: correction });
  });

  test.each([
    ['ACR_CONTAINER_REGISTRY_ENDPOINT', 'ACR_CONTAINER_REGISTRY_SERVER'],
    ['ACR_CONTAINER_REGISTRY_HOST', 'ACR_CONTAINER_REGISTRY_SERVER'],
    ['ACR_CONTAINER_REGISTRY_LOGIN_SERVER', 'ACR_CONTAINER_REGISTRY_SERVER'],
  ])('%s → %s, but only beside a part of its set', (variable, correction) => {
    expect(nearMissesOf(variable)).toEqual({});
    expect(nearMissesOf(variable, 'OTHER_CONTAINER_REGISTRY_USER')).toEqual({});
    expect(nearMissesOf(variable, 'ACR_CONTAINER_REGISTRY_USER')).toEqual({ [variable]: correction });
  });

  test('a part in lower case belongs to the set in upper case beside it', () => {
    expect(
      nearMissesOf(
        'ACR_CONTAINER_REGISTRY_SERVER',
        'ACR_CONTAINER_REGISTRY_USER',
        'acr_container_registry_password',
      ),
    ).toEqual({
      acr_container_registry_password: 'ACR_CONTAINER_REGISTRY_PASSWORD',
    });
  });

  test('of two for one part, the first is enough', () => {
    expect(nearMissesOf('ACR_CONTAINER_REGISTRY_TOKEN', 'ACR_CONTAINER_REGISTRY_PASS')).toEqual({
      ACR_CONTAINER_REGISTRY_PASS: 'ACR_CONTAINER_REGISTRY_PASSWORD',
    });
  });
});

describe('what is none', () => {
  test.each([
    'ACR_CONTAINER_REGISTRY_SERVER',
    'A_CONTAINER_REGISTRY_B_CONTAINER_REGISTRY_SERVER',
    'CONTAINER_REGISTRY_CONTAINER_REGISTRY_SERVER',
    'AZURE_CONTAINER_REGISTRY_ENDPOINT',
    'AZURE_CONTAINER_REGISTRY_NAME',
    'AZURE_CONTAINER_REGISTRY_LOGIN_SERVER',
    'AZURE_CONTAINER_REGISTRY_RESOURCE_GROUP',
    'CI_REGISTRY_PASSWORD',
    'CI_REGISTRY_USER',
    'CI_REGISTRY',
    'CI_CONTAINER_REGISTRY_ENABLED',
    'DOCKER_REGISTRY_SERVER',
    'REGISTRY_SERVER',
    'REGISTRY_AUTH_FILE',
    'CONTAINERS_REGISTRIES_CONF',
    'CONTAINER_REGISTRY',
    'ACR_CONTAINER_REGISTRY',
    'USE_CONTAINER_REGISTRY',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'AWS_CONTAINER_AUTHORIZATION_TOKEN',
    'GITHUB_TOKEN',
    'GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN',
    'GITHUB_SERVER_URL',
    'GITHUB_USER',
    'CODESPACES',
    'CONTAINER_NAME',
    'npm_config_registry',
    'REGISTRY_LOGIN_GITHUB_TOKEN',
    'DEVCONTAINER_REGISTRY_CACHE',
    '',
    '_',
    '\u001B[31m_CONTAINER_REGISTRY_PASS',
    'A\n_CONTAINER_REGISTRY_PASS',
    'É_CONTAINER_REGISTRY_PASS',
    `${'A_'.repeat(5000)}CONTAINER_REGISTRY_PASS`,
  ])('%j', (variable) => {
    expect(nearMissesOf(variable)).toEqual({});
  });

  test('anything whose correction is there already', () => {
    const others = ['USERNAME', 'PASS', 'TOKEN', 'URL', 'HOST', 'SERVER_URL'].map(
      (end) => `ACR_CONTAINER_REGISTRY_${end}`,
    );
    const set = ['SERVER', 'USER', 'PASSWORD'].map((part) => `ACR_CONTAINER_REGISTRY_${part}`);
    expect(
      nearMissesOf(...set, ...others, 'acr_container_registry_server', 'ACR_CONTAINER_REGISTY_USER'),
    ).toEqual({});
  });
});
