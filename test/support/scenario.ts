import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCli } from '../../src/cli.ts';
import { runCredentialHelper } from '../../src/commands/credential-helper.ts';
import type { RegistryReport, Report } from '../../src/core/report.ts';
import type { Environment } from '../../src/io/system.ts';
import { type TemporaryHome, temporaryHome } from './temporary-home.ts';
import { createTestSystem, type TestSystemOptions } from './test-system.ts';

interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly usedHttp: boolean;
}

interface ReportRun extends Run {
  readonly report: Report;
  /** The only row of this name and, where it is given, status. */
  readonly row: (name: string, status?: RegistryReport['status']) => RegistryReport;
}

type Options = Omit<TestSystemOptions, 'args' | 'env' | 'home'>;

/**
 * One home in which commands run after each other. After every run, what came out and every file below the home is searched for the planted
 * secrets: a run that leaks one throws.
 */
export interface Scenario extends Disposable {
  readonly home: TemporaryHome;
  /** Secrets that only the Docker config and the helper's cache and answers may hold. Returns the first one. */
  plant(...secrets: readonly string[]): string;
  /** Secrets that no file at all may hold, such as AWS keys. Returns the first one. */
  plantKey(...secrets: readonly string[]): string;
  /** Runs `registry-login` with these arguments and `--json`. */
  run(args: readonly string[], env?: Environment, options?: Options): Promise<ReportRun>;
  /** The same without `--json`. */
  runText(args: readonly string[], env?: Environment, options?: Options): Promise<Run>;
  /** Runs the credential helper. */
  runHelper(action: string, input: string, env?: Environment, options?: Options): Promise<Run>;
  config(): DockerConfigFile;
  configText(): string | null;
  writeConfig(contents: unknown, mode?: number): void;
  /** Every file below the home with its mode and its content. */
  snapshot(): Record<string, string>;
}

interface DockerConfigFile {
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

export function createScenario(): Scenario {
  const home = temporaryHome();
  const planted: string[] = [];
  const plantedKeys: string[] = [];
  const bin = join(home.path, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'docker-credential-registry-login'), '#!/bin/sh\n');
  chmodSync(join(bin, 'docker-credential-registry-login'), 0o755);

  const environment = (env: Environment): Environment => {
    return { REGISTRY_LOGIN_SECRETS_DIR: join(home.path, 'no-secrets'), PATH: bin, ...env };
  };

  const runText: Scenario['runText'] = async (args, env = {}, options = {}) => {
    const test = createTestSystem({ ...options, args, env: environment(env), home: home.path });
    try {
      const exitCode = await runCli(test.system);
      const run = { exitCode, stdout: test.stdout(), stderr: test.stderr(), usedHttp: test.usedHttp() };
      search({ stdout: run.stdout, stderr: run.stderr }, [...planted, ...plantedKeys]);
      searchFiles();
      return run;
    } finally {
      await test.cleanup();
    }
  };

  const searchFiles = (): void => {
    for (const [name, content] of Object.entries(snapshot())) {
      const mayHoldSecrets = /(^|\/)(config\.json|credentials\.json)/.test(name) || name.startsWith('input/');
      search({ [name]: content }, mayHoldSecrets ? plantedKeys : [...planted, ...plantedKeys]);
    }
  };

  const snapshot: Scenario['snapshot'] = () => {
    const entries = home.list().map((name): [string, string] => {
      const path = join(home.path, name);
      const stats = lstatSync(path);
      const mode = (stats.mode & 0o777).toString(8);
      return [name, `${mode} ${stats.isFile() ? readFileSync(path, 'utf8') : ''}`];
    });
    return Object.fromEntries(entries);
  };

  const configText = (): string | null =>
    existsSync(home.configFile) ? readFileSync(home.configFile, 'utf8') : null;

  return {
    home,
    plant(...secrets) {
      planted.push(...secrets);
      return secrets[0] ?? '';
    },
    plantKey(...secrets) {
      plantedKeys.push(...secrets);
      return secrets[0] ?? '';
    },
    runText,
    async run(args, env, options) {
      const run = await runText([...args, '--json'], env, options);
      const report = JSON.parse(run.stdout) as Report;
      return {
        ...run,
        report,
        row(name, status) {
          const rows = report.registries.filter(
            (row) => row.name === name && (status === undefined || row.status === status),
          );
          const [row] = rows;
          if (row === undefined || rows.length > 1)
            throw new Error(`${rows.length} rows ${name} ${status ?? ''} in ${run.stdout}`);
          return row;
        },
      };
    },
    async runHelper(action, input, env = {}, options = {}) {
      const test = createTestSystem({
        ...options,
        args: action === '' ? [] : action.split(' '),
        env: environment(env),
        home: home.path,
        stdin: input,
      });
      try {
        const exitCode = await runCredentialHelper(test.system);
        const run = { exitCode, stdout: test.stdout(), stderr: test.stderr(), usedHttp: test.usedHttp() };
        search({ stderr: run.stderr }, [...planted, ...plantedKeys]);
        search({ stdout: run.stdout }, exitCode === 0 ? plantedKeys : [...planted, ...plantedKeys]);
        searchFiles();
        return run;
      } finally {
        await test.cleanup();
      }
    },
    config: () => JSON.parse(configText() ?? '{}') as DockerConfigFile,
    configText,
    writeConfig(contents, mode = 0o600) {
      home.write(
        '.docker/config.json',
        typeof contents === 'string' ? contents : JSON.stringify(contents),
        mode,
      );
    },
    snapshot,
    [Symbol.dispose]: () => home[Symbol.dispose](),
  };
}

/** The three variables of a set. */
export function secretSet(
  name: string,
  server: string,
  user: string,
  password: string,
  sessionToken?: string,
): Record<string, string> {
  return {
    [`${name}_CONTAINER_REGISTRY_SERVER`]: server,
    [`${name}_CONTAINER_REGISTRY_USER`]: user,
    [`${name}_CONTAINER_REGISTRY_PASSWORD`]: password,
    ...(sessionToken === undefined ? {} : { [`${name}_CONTAINER_REGISTRY_SESSION_TOKEN`]: sessionToken }),
  };
}

/** What `auth` holds: `user:password`. */
export function decodeAuth(auth: string | undefined): string | null {
  return auth === undefined ? null : Buffer.from(auth, 'base64').toString('utf8');
}

export function encodeAuth(user: string, password: string): string {
  return Buffer.from(`${user}:${password}`).toString('base64');
}

/** Searches each text for the secrets as they are, encoded for a URL, in base64, and inside every base64 word of the text. */
function search(texts: Readonly<Record<string, string>>, secrets: readonly string[]): void {
  for (const [where, text] of Object.entries(texts)) {
    const words = text.match(/[A-Za-z0-9+/]{8,}={0,2}/g) ?? [];
    const decoded = words.map((word) => Buffer.from(word, 'base64').toString('utf8')).join('\n');
    for (const [index, secret] of secrets.entries()) {
      const forms = [
        secret,
        encodeURIComponent(secret),
        Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      ];
      if (forms.some((form) => text.includes(form)) || decoded.includes(secret)) {
        throw new Error(`planted secret ${index} (${secret.slice(0, 6)}…) is in ${where}:\n${text}`);
      }
    }
  }
}
