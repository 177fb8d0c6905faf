import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultOptions, readOptions } from '../../src/core/options.ts';

/** One option, read from the environment's override or from the installer's file. */
function fromEnvironment(variable: string, value: string) {
  return readOptions({ [variable]: value }, '');
}

test('without a file and overrides, every option has its default', () => {
  expect(readOptions({}, '')).toEqual({ options: defaultOptions, problems: [] });
  expect(defaultOptions).toEqual({
    credentialStore: 'auto',
    onFailure: 'warn',
    timeoutMs: 30_000,
    github: 'auto',
    expect: [],
    insecureRegistries: [],
    trustedAuthHosts: new Map(),
    checkOnAttach: true,
  });
});

test("the installer's file is a key=value a line", () => {
  const file = [
    'credentialStore=helper',
    'onFailure=fail',
    'timeout=7',
    'github=off',
    'expect=ACR,ECR',
    'insecureRegistries=10.0.0.1:5000,registry.local',
    'trustedAuthHosts=registry.example.com=auth.example.org',
    'checkOnAttach=false',
    'nodeMirror=file:///mirror',
    '',
  ].join('\n');
  expect(readOptions({}, file)).toEqual({
    options: {
      credentialStore: 'helper',
      onFailure: 'fail',
      timeoutMs: 7000,
      github: 'off',
      expect: ['ACR', 'ECR'],
      insecureRegistries: ['10.0.0.1:5000', 'registry.local'],
      trustedAuthHosts: new Map([['registry.example.com', ['auth.example.org']]]),
      checkOnAttach: false,
    },
    problems: [],
  });
});

test('as the installer writes it where no option is given, it changes nothing', () => {
  const file =
    'credentialStore=auto\nonFailure=warn\ntimeout=30\ngithub=auto\nexpect=\ninsecureRegistries=\ntrustedAuthHosts=\ncheckOnAttach=true\nnodeMirror=\n';
  expect(readOptions({}, file)).toEqual({ options: defaultOptions, problems: [] });
});

describe('each option is overridden by its variable', () => {
  test.each([
    ['REGISTRY_LOGIN_CREDENTIAL_STORE', 'config', { credentialStore: 'config' }],
    ['REGISTRY_LOGIN_CREDENTIAL_STORE', ' Helper\n', { credentialStore: 'helper' }],
    ['REGISTRY_LOGIN_ON_FAILURE', 'fail', { onFailure: 'fail' }],
    ['REGISTRY_LOGIN_TIMEOUT', '5', { timeoutMs: 5000 }],
    ['REGISTRY_LOGIN_TIMEOUT', '0.5', { timeoutMs: 500 }],
    ['REGISTRY_LOGIN_TIMEOUT', '600', { timeoutMs: 600_000 }],
    ['REGISTRY_LOGIN_GITHUB', 'off', { github: 'off' }],
    ['REGISTRY_LOGIN_EXPECT', 'ACR', { expect: ['ACR'] }],
    ['REGISTRY_LOGIN_EXPECT', ' ACR , ,ECR,, acr_2 ', { expect: ['ACR', 'ECR', 'acr_2'] }],
    ['REGISTRY_LOGIN_EXPECT', '__proto__,constructor', { expect: ['__proto__', 'constructor'] }],
    [
      'REGISTRY_LOGIN_INSECURE_REGISTRIES',
      'R.example.com:5000',
      { insecureRegistries: ['r.example.com:5000'] },
    ],
    [
      'REGISTRY_LOGIN_INSECURE_REGISTRIES',
      'http://r.example.com:5000/',
      { insecureRegistries: ['r.example.com:5000'] },
    ],
    [
      'REGISTRY_LOGIN_INSECURE_REGISTRIES',
      '[2001:DB8::1]:5000',
      { insecureRegistries: ['[2001:db8::1]:5000'] },
    ],
    [
      'REGISTRY_LOGIN_TRUSTED_AUTH_HOSTS',
      'r.example.com=auth.example.org',
      { trustedAuthHosts: new Map([['r.example.com', ['auth.example.org']]]) },
    ],
    [
      'REGISTRY_LOGIN_TRUSTED_AUTH_HOSTS',
      'R.example.com = https://a.example.org/token, r.example.com=b.example.org:8443 ,q.example.com=a.example.org',
      {
        trustedAuthHosts: new Map([
          ['r.example.com', ['a.example.org', 'b.example.org:8443']],
          ['q.example.com', ['a.example.org']],
        ]),
      },
    ],
    [
      'REGISTRY_LOGIN_TRUSTED_AUTH_HOSTS',
      'docker.io=auth.example.org',
      { trustedAuthHosts: new Map([['registry-1.docker.io', ['auth.example.org']]]) },
    ],
    ['REGISTRY_LOGIN_CHECK_ON_ATTACH', 'false', { checkOnAttach: false }],
    ['REGISTRY_LOGIN_CHECK_ON_ATTACH', '0', { checkOnAttach: false }],
    ['REGISTRY_LOGIN_CHECK_ON_ATTACH', 'TRUE', { checkOnAttach: true }],
  ])('%s=%j', (variable, value, expected) => {
    expect(fromEnvironment(variable, value)).toEqual({
      options: { ...defaultOptions, ...expected },
      problems: [],
    });
  });

  test('before the file', () => {
    const { options } = readOptions({ REGISTRY_LOGIN_TIMEOUT: '5' }, 'timeout=7\n');
    expect(options.timeoutMs).toBe(5000);
  });

  test.each(['', ' ', '\n'])(
    'but not by a blank %j, which ${localEnv:…} gives where nothing is set',
    (blank) => {
      expect(readOptions({ REGISTRY_LOGIN_TIMEOUT: blank }, 'timeout=7\n')).toMatchObject({
        options: { timeoutMs: 7000 },
        problems: [],
      });
    },
  );
});

describe('a value that is not valid is reported, not repeated, and passed over', () => {
  test.each([
    ['CREDENTIAL_STORE', 'keychain'],
    ['CREDENTIAL_STORE', 'auto helper'],
    ['CREDENTIAL_STORE', 'constructor'],
    ['ON_FAILURE', 'ignore'],
    ['TIMEOUT', '0'],
    ['TIMEOUT', '0.0'],
    ['TIMEOUT', '-1'],
    ['TIMEOUT', '30s'],
    ['TIMEOUT', '1e3'],
    ['TIMEOUT', '0x10'],
    ['TIMEOUT', 'Infinity'],
    ['TIMEOUT', 'NaN'],
    ['TIMEOUT', '601'],
    ['TIMEOUT', '99999999999999999999'],
    ['TIMEOUT', '٣'],
    ['GITHUB', 'on'],
    ['EXPECT', 'ACR,E-CR'],
    ['EXPECT', '2ND'],
    ['EXPECT', '$(id)'],
    ['EXPECT', '`id`'],
    ['EXPECT', 'ACR;id'],
    ['EXPECT', 'É'],
    ['INSECURE_REGISTRIES', 'r.example.com,*.example.org'],
    ['INSECURE_REGISTRIES', 'user:hunter2@r.example.com'],
    ['INSECURE_REGISTRIES', '10.0.0.0/8'],
    ['INSECURE_REGISTRIES', 'r.example.com:0'],
    ['INSECURE_REGISTRIES', '*'],
    ['TRUSTED_AUTH_HOSTS', 'r.example.com'],
    ['TRUSTED_AUTH_HOSTS', 'r.example.com='],
    ['TRUSTED_AUTH_HOSTS', '=auth.example.org'],
    ['TRUSTED_AUTH_HOSTS', '='],
    ['TRUSTED_AUTH_HOSTS', 'r.example.com=*.example.org'],
    ['TRUSTED_AUTH_HOSTS', 'r.example.com=a.example.org=b.example.org'],
    ['TRUSTED_AUTH_HOSTS', 'r.example.com==a.example.org'],
    ['TRUSTED_AUTH_HOSTS', 'r.example.com=a.example.org,broken'],
    ['CHECK_ON_ATTACH', 'perhaps'],
    ['CHECK_ON_ATTACH', '"true"'],
  ])('REGISTRY_LOGIN_%s=%j', (option, value) => {
    const variable = `REGISTRY_LOGIN_${option}`;
    const { options, problems } = fromEnvironment(variable, value);
    expect(options).toEqual(defaultOptions);
    expect(problems).toMatchObject([{ code: 'invalid-option', name: null, variables: [variable] }]);
    expect(problems[0]?.message).toBe(`The value of ${variable} is not valid and is passed over.`);
    expect(problems[0]?.advice).toMatch(/^Use .+\.$/);
    if (value.length > 2) expect(JSON.stringify(problems)).not.toContain(JSON.stringify(value).slice(1, -1));
  });

  test('an override that is passed over leaves the file in force', () => {
    const { options, problems } = readOptions({ REGISTRY_LOGIN_TIMEOUT: 'soon' }, 'timeout=7');
    expect(options.timeoutMs).toBe(7000);
    expect(problems).toHaveLength(1);
  });

  test('a valid override hides what is wrong in the file', () => {
    expect(readOptions({ REGISTRY_LOGIN_TIMEOUT: '5' }, 'timeout=soon').problems).toEqual([]);
  });

  test('in the file it is named by its option', () => {
    expect(readOptions({}, 'credentialStore=$(id)').problems).toEqual([
      {
        code: 'invalid-option',
        name: null,
        variables: [],
        message: 'The value of the option credentialStore is not valid and is passed over.',
        advice: 'Use auto, helper or config.',
      },
    ]);
  });
});

describe('an odd options file gives what it can', () => {
  test.each([
    { claim: 'Windows newlines', file: 'timeout=7\r\ngithub=off\r\n' },
    { claim: 'no newline at the end', file: 'timeout=7\ngithub=off' },
    { claim: 'lines without an equals sign', file: 'nonsense\ntimeout=7\n=\n=x\n\ngithub=off\n' },
    { claim: 'keys that objects have already', file: '__proto__=x\nconstructor=y\ntimeout=7\ngithub=off\n' },
    { claim: 'a byte order mark', file: '\uFEFFtimeout=7\ngithub=off\ntimeout=7' },
    {
      claim: 'the same key twice: the last is used',
      file: 'timeout=5\ngithub=auto\ntimeout=7\ngithub=off\n',
    },
  ])('$claim', ({ file }) => {
    expect(readOptions({}, file)).toEqual({
      options: { ...defaultOptions, timeoutMs: 7000, github: 'off' },
      problems: [],
    });
  });
});

test('for every environment and file, options are read without throwing and nothing of them is repeated', () => {
  const names = [
    'CREDENTIAL_STORE',
    'ON_FAILURE',
    'TIMEOUT',
    'GITHUB',
    'EXPECT',
    'INSECURE_REGISTRIES',
    'TRUSTED_AUTH_HOSTS',
    'CHECK_ON_ATTACH',
  ];
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'a1.,:= \n[]/@-_') }),
  );
  const env = fc.dictionary(
    fc.constantFrom(...names).map((name) => `REGISTRY_LOGIN_${name}`),
    value,
  );
  fc.assert(
    fc.property(env, value, (overrides, file) => {
      const planted = Object.fromEntries(
        Object.entries(overrides).map(([name, text]) => [name, `${text}!PLANTED`]),
      );
      const { problems } = readOptions(planted, `${file}\ngithub=PLANTED`);
      expect(problems.length).toBeGreaterThan(0);
      expect(JSON.stringify(problems)).not.toContain('PLANTED');
    }),
  );
});
