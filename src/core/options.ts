/** The Feature's options after validation; `REGISTRY_LOGIN_<OPTION_IN_UPPER_SNAKE>` overrides the file that the installer wrote. */
export interface Options {
  readonly credentialStore: 'auto' | 'helper' | 'config';
  readonly onFailure: 'warn' | 'fail';
  /** For all logins together, in milliseconds. */
  readonly timeoutMs: number;
  readonly github: 'auto' | 'off';
  /** Names of sets that should be here, upper case as written. */
  readonly expect: readonly string[];
  /** `host[:port]`, lower case. */
  readonly insecureRegistries: readonly string[];
  /** Registry `host[:port]` → token hosts `host[:port]` that may get its credentials. */
  readonly trustedAuthHosts: ReadonlyMap<string, readonly string[]>;
  readonly checkOnAttach: boolean;
}
