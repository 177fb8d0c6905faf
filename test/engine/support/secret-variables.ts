/** The variables of one set. */
export function secretVariables(
  name: string,
  {
    server,
    username,
    password,
  }: { readonly server: string; readonly username: string; readonly password: string },
): Record<string, string> {
  return {
    [`${name}_CONTAINER_REGISTRY_SERVER`]: server,
    [`${name}_CONTAINER_REGISTRY_USER`]: username,
    [`${name}_CONTAINER_REGISTRY_PASSWORD`]: password,
  };
}
