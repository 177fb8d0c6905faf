import { discoverSets, type SecretSet } from '../../src/core/secret-set.ts';

/** The set that these values make, read as the program reads them. */
export function secretSet(parts: {
  name?: string;
  server?: string;
  user?: string;
  password?: string;
}): SecretSet {
  const { name = 'ACR', server = 'registry.example.com', user = 'someone', password = 'hunter2' } = parts;
  const [set] = discoverSets({
    [`${name}_CONTAINER_REGISTRY_SERVER`]: server,
    [`${name}_CONTAINER_REGISTRY_USER`]: user,
    [`${name}_CONTAINER_REGISTRY_PASSWORD`]: password,
  }).sets;
  if (set === undefined) throw new Error(`No usable set: ${server}`);
  return set;
}

/** The variables of one set; undefined leaves one out. */
export function setOf(
  name: string,
  {
    server,
    user,
    password,
    sessionToken,
  }: Partial<Record<'server' | 'user' | 'password' | 'sessionToken', string>>,
) {
  return {
    [`${name}_CONTAINER_REGISTRY_SERVER`]: server,
    [`${name}_CONTAINER_REGISTRY_USER`]: user,
    [`${name}_CONTAINER_REGISTRY_PASSWORD`]: password,
    [`${name}_CONTAINER_REGISTRY_SESSION_TOKEN`]: sessionToken,
  };
}
