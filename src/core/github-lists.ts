/** Where a Codespaces secret can stand, best known first. */
export type ListSource = 'github-user' | 'github-repository' | 'github-organization';

export interface ListedSecret {
  readonly name: string;
  /** Milliseconds since the epoch; null where GitHub's answer has no usable time. */
  readonly updatedAt: number | null;
  /** Does this repository get it? Null where that could not be found out (or did not matter). */
  readonly granted: boolean | null;
}

/** GitHub's answer about one place. Names and times only: the API never gives values. */
export interface SecretList {
  readonly source: ListSource;
  readonly secrets: readonly ListedSecret[];
  /** Why the list, or a part of it, is not known, with the permission that would do; null when all of it is. */
  readonly gap: string | null;
}
