import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { explainVerdict } from '../core/explain.ts';
import { codespaceTokenSet } from '../core/github-set.ts';
import { type Options, readOptions } from '../core/options.ts';
import { mayUsePlainHttp } from '../core/realm-policy.ts';
import type { Problem } from '../core/report.ts';
import { discoverSets, type SecretSet, type UnusableSet } from '../core/secret-set.ts';
import type { SecretsFileProblem } from '../core/secrets-files.ts';
import { type CodespacesSecrets, readCodespacesSecrets } from './codespaces-secrets.ts';
import type { System } from './system.ts';

/** Everything that is known before anything is sent: options, secret sets, and what is wrong with them. */
export interface Sources {
  readonly options: Options;
  readonly sets: readonly SecretSet[];
  readonly unusable: readonly UnusableSet[];
  /** Every name of which some part is here. */
  readonly names: readonly string[];
  readonly problems: readonly Problem[];
  readonly codespacesSecrets: CodespacesSecrets;
}

export function readSources(system: System): Sources {
  const { options, problems: optionProblems } = readOptions(
    system.env,
    readOptionsFile(system.installDirectory),
  );
  const codespacesSecrets = readCodespacesSecrets(system.env);
  const fromFiles = new Map(
    [...codespacesSecrets.secrets].map(([variable, { value }]) => [variable, value.reveal()]),
  );
  const discovery = discoverSets(system.env, fromFiles);
  const token = codespaceTokenSet(system.env, options.github, discovery, fromFiles);
  const found = token === null ? discovery.sets : [...discovery.sets, token];
  const isRefused = ({ server }: SecretSet): boolean =>
    server.scheme === 'http' && !mayUsePlainHttp(server, options.insecureRegistries);
  return {
    options,
    sets: found.filter((set) => !isRefused(set)),
    unusable: [...discovery.unusable, ...found.filter(isRefused).map(refusePlainHttp)],
    names: discovery.names,
    problems: [
      ...optionProblems,
      ...codespacesSecrets.problems.map(secretsFileProblem),
      ...discovery.problems,
    ],
    codespacesSecrets,
  };
}

function refusePlainHttp(set: SecretSet): UnusableSet {
  const { name, server, username, kind } = set;
  const detail = `${server.host} is written with http://, and is neither on loopback nor in insecureRegistries`;
  const { message, advice } = explainVerdict({ outcome: 'unsupported', cause: 'insecure-http', detail }, set);
  return { name, server, username, kind, message, advice: advice ?? '' };
}

/** What of it concerns the sets of these names (`--only`), with a problem for each name that is not here; all of it where there are none. */
export function selectSources(sources: Sources, only: readonly string[]): Sources {
  if (only.length === 0) return sources;
  const isWanted = (name: string): boolean => only.includes(name);
  const known = [...new Set([...sources.names, ...sources.sets.map(({ name }) => name)])];
  const unknown = [...new Set(only)].filter((name) => !known.includes(name));
  return {
    ...sources,
    sets: sources.sets.filter(({ name }) => isWanted(name)),
    unusable: sources.unusable.filter(({ name }) => isWanted(name)),
    problems: [
      ...sources.problems
        .filter(({ code, name }) => (name === null ? code !== 'near-miss' : isWanted(name)))
        // Whoever asks for this very set gets no login.
        .map((problem) =>
          problem.code === 'duplicate-server' ? { ...problem, code: 'unknown-name' as const } : problem,
        ),
      ...unknown.map((name) => unknownName(name, known)),
    ],
  };
}

function unknownName(name: string, known: readonly string[]): Problem {
  return {
    code: 'unknown-name',
    name,
    variables: [],
    message: `There is no set ${/^\w+$/.test(name) ? name : JSON.stringify(name)} here.`,
    advice: known.length > 0 ? `Sets here: ${known.join(', ')}.` : null,
  };
}

function secretsFileProblem({ file, message, isUsed }: SecretsFileProblem): Problem {
  return {
    code: 'secrets-file',
    name: null,
    variables: [],
    message: `${file}: ${message}.`.replace(/\.\.$/, '.'),
    advice: `${isUsed ? 'The rest of it is used.' : 'Nothing of it is used.'} In a codespace, stop and start to have the file written anew.`,
  };
}

/** The installer's `options` file beside the bundle; outside a container there is none. */
function readOptionsFile(directory: string): string {
  try {
    return readFileSync(join(directory, 'options'), 'utf8');
  } catch {
    return '';
  }
}
