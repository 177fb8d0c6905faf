/** Words of `restart.how`: what to run or click. */

/** `gh codespace stop`, or for a local container the devcontainer CLI's `up`; a codespace's name is filled in where it is a plain one. */
export function howToStart({
  codespaces,
  codespaceName,
}: {
  codespaces: boolean;
  codespaceName: string | null;
}): string {
  if (!codespaces) {
    return 'stop this container, then run `devcontainer up --secrets-file FILE --workspace-folder .` on its host.';
  }
  const name =
    codespaceName !== null && /^[A-Za-z0-9_-]+$/.test(codespaceName) ? codespaceName : '$CODESPACE_NAME';
  return `run \`gh codespace stop -c "${name}"\`, then open it again.`;
}

/** For secrets of the user or the organisation that are limited to selected repositories. */
export function howToGrant(secrets: readonly { readonly secret: string; readonly source: string }[]): string {
  const names = secrets.map(({ secret }) => secret).join(', ');
  const places = new Set(
    secrets.map(({ source }) =>
      source === 'github-user'
        ? 'GitHub: Settings, Codespaces, Codespaces secrets'
        : "the organisation's Settings, Secrets and variables, Codespaces",
    ),
  );
  return `Grant this repository access to ${names} (${[...places].join('; ')}, "Repository access").`;
}

/** Why an expected set may not be here, the likeliest first. */
export function expectCauses(codespaces: boolean): string {
  return codespaces
    ? 'not created; not granted to this repository; added after the start of this container; a fork, or no write access.'
    : 'not created (not in the file for --secrets-file, nor in the environment of the start); not granted to this repository; ' +
        'added after the start of this container; a fork, or no write access.';
}
