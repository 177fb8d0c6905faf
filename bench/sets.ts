import { join } from 'node:path';

export const username = 'bench-user';
export const password = 'bench-password';

const dist = join(import.meta.dirname, '../dist');
export const loginProgram = join(dist, 'registry-login.js');
export const helperProgram = join(dist, 'docker-credential-registry-login.js');

/** A set of secrets for each host. */
export function setsFor(hosts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    hosts.flatMap((host, index) => [
      [`R${index}_CONTAINER_REGISTRY_SERVER`, host],
      [`R${index}_CONTAINER_REGISTRY_USER`, username],
      [`R${index}_CONTAINER_REGISTRY_PASSWORD`, password],
    ]),
  );
}
