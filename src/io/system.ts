import type { ContainerStart } from '../core/login-state.ts';
import type { HttpClient } from './http.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Output {
  readonly isTTY: boolean;
  /** Columns of the terminal; 80 where unknown. */
  readonly columns: number;
  write(text: string): void;
}

/** Every effect of the program comes in here; `main.ts` builds the real one, tests their own. Files are real in both. */
export interface System {
  /** What follows the command's name. */
  readonly args: readonly string[];
  readonly env: Environment;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Absolute path, or null where neither `HOME` nor the user database knows one. */
  readonly homeDirectory: string | null;
  /** The directory of the running bundle: the installer leaves its `options` file there. */
  readonly installDirectory: string;
  /** The effective user; null on Windows. */
  readonly uid: number | null;
  /** Milliseconds since the epoch. */
  now(): number;
  /** The start of this container or, outside one, of the machine. */
  containerStart(): ContainerStart;
  /** The addresses of a host name by the system's resolver, the first to be tried first. Rejects with an error whose `code` is the resolver's. */
  lookup(hostname: string): Promise<readonly string[]>;
  /** Loads the HTTP client on first use: `--help` and `--dry-run` never pay for it. */
  http(): Promise<HttpClient>;
}
