import type { Options } from './options.ts';
import { parseRegistryHost, type RegistryHost } from './registry-host.ts';
import type { Discovery, SecretSet } from './secret-set.ts';
import { parseVariableName } from './variable-name.ts';
import { Secret } from './secret.ts';

/** The name under which the codespace's own token is reported. */
const codespaceTokenName = 'GITHUB_TOKEN';

/**
 * The codespace's own token as a set for `ghcr.io`, or null: outside Codespaces, with the option `github` off, or where any set names
 * ghcr.io, complete or not, since its owner means that one. Codespaces sets `GITHUB_TOKEN` and `GITHUB_USER` in every codespace
 * (GitHub docs, "Default environment variables for your codespace").
 */
export function codespaceTokenSet(
  env: Readonly<Record<string, string | undefined>>,
  option: Options['github'],
  discovery: Discovery,
  secretsFile: ReadonlyMap<string, string> = new Map(),
): SecretSet | null {
  const token = env['GITHUB_TOKEN'] ?? '';
  if (env['CODESPACES'] !== 'true' || option === 'off' || token === '') return null;
  const server = parseRegistryHost('ghcr.io') as RegistryHost;
  const named = [...discovery.sets, ...discovery.unusable].some((set) => set.server?.key === server.key);
  if (named || namesServer([...Object.entries(env), ...secretsFile], server)) return null;
  return {
    name: codespaceTokenName,
    server,
    username: env['GITHUB_USER'] || 'x-access-token',
    password: new Secret(token),
    sessionToken: null,
    kind: 'github',
    ecr: null,
    source: 'codespace-token',
  };
}

function namesServer(
  variables: readonly (readonly [string, string | undefined])[],
  server: RegistryHost,
): boolean {
  return variables.some(([variable, value]) => {
    if (parseVariableName(variable)?.part !== 'SERVER' || value === undefined) return false;
    const host = parseRegistryHost(value.trim());
    return !('error' in host) && host.key === server.key;
  });
}
