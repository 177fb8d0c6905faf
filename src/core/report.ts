export type CommandName = 'login' | 'status' | 'doctor' | 'logout';

export type RegistryKind = 'basic' | 'ecr' | 'ecr-public' | 'github';

export type RegistryStatus =
  | 'ok'
  | 'unverified'
  | 'rejected'
  | 'unreachable'
  | 'error'
  | 'removed'
  | 'planned';

/** Where the credentials stand: `auths`, `credHelpers`, both, or nowhere. */
export type Store = 'config' | 'helper' | 'both';

export interface Step {
  readonly step:
    | 'variables'
    | 'resolve'
    | 'connect'
    | 'tls'
    | 'version'
    | 'challenge'
    | 'token'
    | 'login'
    | 'config';
  readonly status: 'ok' | 'failed' | 'skipped';
  readonly message: string;
  readonly advice: string | null;
}

export interface RegistryReport {
  /** The set's `<NAME>`; for the codespace's own token `GITHUB_TOKEN`. */
  readonly name: string;
  /** The key in the Docker config; null where the server's value is no host. */
  readonly server: string | null;
  readonly username: string | null;
  readonly kind: RegistryKind;
  readonly status: RegistryStatus;
  readonly store: Store | null;
  /** ISO 8601, UTC. */
  readonly expiresAt: string | null;
  readonly durationMs: number | null;
  readonly message: string;
  readonly advice: string | null;
  readonly steps?: readonly Step[];
}

export type ProblemCode =
  | 'incomplete-set'
  | 'near-miss'
  | 'duplicate-server'
  | 'unknown-name'
  | 'secrets-file'
  | 'invalid-option'
  | 'helper-not-found'
  | 'helper-failed'
  | 'config-file'
  | 'state-file';

export interface Problem {
  readonly code: ProblemCode;
  readonly name: string | null;
  readonly variables: readonly string[];
  readonly message: string;
  readonly advice: string | null;
}

export interface RestartReason {
  /** A variable's name; a set's `<NAME>` for `expect` and `last-start`. */
  readonly secret: string;
  readonly source:
    | 'github-user'
    | 'github-repository'
    | 'github-organization'
    | 'secrets-file'
    | 'expect'
    | 'last-start'
    | 'heuristic';
  /** A short fact, never a value. */
  readonly message: string;
}

/** Whether the container has to be stopped and started to see new secrets. */
export interface Restart {
  readonly needed: 'yes' | 'no' | 'unknown';
  readonly reasons: readonly RestartReason[];
  /** The commands to run, or null where nothing is to be done. */
  readonly how: string | null;
}

export interface ImageReport {
  readonly image: string;
  readonly pullable: boolean | null;
  readonly digest: string | null;
  readonly message: string;
  readonly advice: string | null;
}

/** What every command prints, as text or with `--json`. */
export interface Report {
  readonly schemaVersion: 1;
  readonly command: CommandName;
  readonly configFile: string | null;
  readonly registries: readonly RegistryReport[];
  readonly problems: readonly Problem[];
  readonly restart: Restart;
  readonly images?: readonly ImageReport[];
}

export type ExitCode = 0 | 1 | 2 | 3 | 10;

/** Problems that leave a set without a login; the others are remarks. */
const failures: ReadonlySet<ProblemCode> = new Set([
  'incomplete-set',
  'near-miss',
  'unknown-name',
  'invalid-option',
  'helper-failed',
]);

/** 3 where a config or state file could not be used, 1 where something failed or is incomplete, else 0. */
export function exitCodeOf(report: Report): ExitCode {
  if (report.problems.some(({ code }) => code === 'config-file' || code === 'state-file')) return 3;
  const failed =
    report.registries.some(
      ({ status }) => status === 'rejected' || status === 'unreachable' || status === 'error',
    ) ||
    report.problems.some(({ code }) => failures.has(code)) ||
    (report.images ?? []).some(({ pullable }) => pullable !== true);
  return failed ? 1 : 0;
}
