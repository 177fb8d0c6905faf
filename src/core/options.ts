import { parseRegistryHost } from './registry-host.ts';
import type { Problem } from './report.ts';

/** The Feature's options after validation; `REGISTRY_LOGIN_<OPTION_IN_UPPER_SNAKE>` overrides the file that the installer wrote. */
export interface Options {
  readonly credentialStore: 'auto' | 'helper' | 'config';
  readonly onFailure: 'warn' | 'fail';
  /** For all logins together, in milliseconds. */
  readonly timeoutMs: number;
  readonly github: 'auto' | 'off';
  /** Names of sets that should be here, as written. */
  readonly expect: readonly string[];
  /** `host[:port]`, lower case. */
  readonly insecureRegistries: readonly string[];
  /** Registry `host[:port]` → token hosts `host[:port]` that may get its credentials. */
  readonly trustedAuthHosts: ReadonlyMap<string, readonly string[]>;
  readonly checkOnAttach: boolean;
}

export const defaultOptions: Options = {
  credentialStore: 'auto',
  onFailure: 'warn',
  timeoutMs: 30_000,
  github: 'auto',
  expect: [],
  insecureRegistries: [],
  trustedAuthHosts: new Map(),
  checkOnAttach: true,
};

/** Reads one option's text; undefined where it is not valid. */
type Reader<T> = (text: string) => T | undefined;

const oneOf = <T extends string>(...values: readonly T[]): Reader<T> => {
  return (text) => values.find((value) => value === text.toLowerCase());
};

const readTimeout: Reader<number> = (text) => {
  const seconds = /^\d{1,4}(?:\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  return seconds > 0 && seconds <= 600 ? Math.ceil(seconds * 1000) : undefined;
};

const readBoolean: Reader<boolean> = (text) => {
  const value = oneOf('true', 'false', '1', '0')(text);
  return value === undefined ? undefined : value === 'true' || value === '1';
};

const readList =
  <T>(readItem: Reader<T>): Reader<T[]> =>
  (text) => {
    const items = splitList(text).map(readItem);
    return items.every((item) => item !== undefined) ? items : undefined;
  };

const readName: Reader<string> = (text) => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(text) ? text : undefined);

const readHost: Reader<string> = (text) => {
  // dockerd takes networks too (10.0.0.0/8); the host 10.0.0.0 is not what they mean.
  if (/\/\d+$/.test(text)) return undefined;
  const host = parseRegistryHost(text);
  return 'error' in host ? undefined : host.host;
};

const readTrust: Reader<readonly [string, string]> = (text) => {
  const [registry, authHost, ...rest] = text.split('=').map(readHost);
  return registry !== undefined && authHost !== undefined && rest.length === 0
    ? [registry, authHost]
    : undefined;
};

const readTrustedAuthHosts: Reader<ReadonlyMap<string, readonly string[]>> = (text) => {
  const pairs = readList(readTrust)(text.replaceAll(/\s*=\s*/g, '='));
  if (pairs === undefined) return undefined;
  const hosts = new Map<string, string[]>();
  for (const [registry, host] of pairs) hosts.set(registry, [...(hosts.get(registry) ?? []), host]);
  return hosts;
};

/** Every option with its name in devcontainer-feature.json, its place in Options, and what it may be. */
const readers: {
  readonly [K in keyof Options]: {
    readonly option: string;
    readonly read: Reader<Options[K]>;
    readonly allowed: string;
  };
} = {
  credentialStore: {
    option: 'credentialStore',
    read: oneOf('auto', 'helper', 'config'),
    allowed: 'auto, helper or config',
  },
  onFailure: { option: 'onFailure', read: oneOf('warn', 'fail'), allowed: 'warn or fail' },
  timeoutMs: { option: 'timeout', read: readTimeout, allowed: 'a number of seconds, 600 at most' },
  github: { option: 'github', read: oneOf('auto', 'off'), allowed: 'auto or off' },
  expect: {
    option: 'expect',
    read: readList(readName),
    allowed: 'names of secret sets, separated by commas',
  },
  insecureRegistries: {
    option: 'insecureRegistries',
    read: readList(readHost),
    allowed: 'hosts, separated by commas',
  },
  trustedAuthHosts: {
    option: 'trustedAuthHosts',
    read: readTrustedAuthHosts,
    allowed: 'registry=auth-host pairs, separated by commas',
  },
  checkOnAttach: { option: 'checkOnAttach', read: readBoolean, allowed: 'true or false' },
};

/**
 * Reads the options: the environment's override first, then the installer's file, then the default. A value that is not
 * valid is reported and passed over; it is not repeated, since it may be anything.
 */
export function readOptions(
  env: Readonly<Record<string, string | undefined>>,
  optionsFile: string,
): { options: Options; problems: Problem[] } {
  const fromFile = parseOptionsFile(optionsFile);
  const problems: Problem[] = [];
  const read = <K extends keyof Options>(key: K): Options[K] => {
    const { option, read: reader, allowed } = readers[key];
    const variable = overrideVariable(option);
    for (const [where, text] of [
      [variable, env[variable]],
      [`the option ${option}`, fromFile.get(option)],
    ] as const) {
      if (text === undefined || text.trim() === '') continue;
      const value = reader(text.trim());
      if (value !== undefined) return value;
      problems.push({
        code: 'invalid-option',
        name: null,
        variables: where === variable ? [variable] : [],
        message: `The value of ${where} is not valid and is passed over.`,
        advice: `Use ${allowed}.`,
      });
    }
    return defaultOptions[key];
  };
  const options: Options = {
    credentialStore: read('credentialStore'),
    onFailure: read('onFailure'),
    timeoutMs: read('timeoutMs'),
    github: read('github'),
    expect: read('expect'),
    insecureRegistries: read('insecureRegistries'),
    trustedAuthHosts: read('trustedAuthHosts'),
    checkOnAttach: read('checkOnAttach'),
  };
  return { options, problems };
}

/** `insecureRegistries` → `REGISTRY_LOGIN_INSECURE_REGISTRIES`. */
function overrideVariable(option: string): string {
  return `REGISTRY_LOGIN_${option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** A `key=value` a line, as install.sh writes it. */
function parseOptionsFile(text: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    if (at > 0) entries.set(line.slice(0, at), line.slice(at + 1));
  }
  return entries;
}

function splitList(text: string): string[] {
  return text.split(/[,\s]+/).filter((item) => item !== '');
}
