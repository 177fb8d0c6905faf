/** The parts of a secret set, as its variables end. */
export type SecretField = 'SERVER' | 'USER' | 'PASSWORD' | 'SESSION_TOKEN';

const exact = /^(.+)_CONTAINER_REGISTRY_(SERVER|USER|PASSWORD|SESSION_TOKEN)$/;
const near =
  /^(?:.+_)?CONTAINER_?REG[A-Z]{2,8}_?(?:SERVER|HOST|HOSTNAME|URL|ENDPOINT|USER|USER_?NAME|LOGIN|PASS|PASSWD|PASSWORD|PWD|TOKEN|SESSION_?TOKEN|KEY)$/;

/** `<NAME>` and field of a variable that belongs to a set, or null. */
export function parseSecretName(variable: string): { name: string; field: SecretField } | null {
  const match = exact.exec(variable);
  const [, name, field] = match ?? [];
  return name === undefined || field === undefined ? null : { name, field: field as SecretField };
}

/** Is this a set's variable, or one that was probably meant to be (`ACR_CONTAINER_REGISTRY_USERNAME`, `REGISTY` …)? */
export function isRegistrySecretName(variable: string): boolean {
  return exact.test(variable) || near.test(variable.toUpperCase());
}
