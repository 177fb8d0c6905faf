/** The parts of a set after the convention of GitHub Codespaces; SESSION_TOKEN is ours. */
export type SecretPart = 'SERVER' | 'USER' | 'PASSWORD' | 'SESSION_TOKEN';

const variablePattern = /^([A-Za-z_][A-Za-z0-9_]*)_CONTAINER_REGISTRY_(SERVER|USER|PASSWORD|SESSION_TOKEN)$/;

export function variableName(name: string, part: SecretPart): string {
  return `${name}_CONTAINER_REGISTRY_${part}`;
}

/** The set's name and the part that a variable holds, or null where the variable is not of the convention. */
export function parseVariableName(variable: string): { name: string; part: SecretPart } | null {
  const match = variablePattern.exec(variable);
  return match === null ? null : { name: match[1] as string, part: match[2] as SecretPart };
}
