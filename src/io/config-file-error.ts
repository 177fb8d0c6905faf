import { DockerConfigError } from '../core/docker-config-parser.ts';

export type ConfigFileFault =
  | 'no-home'
  | 'syntax'
  | 'shape'
  | 'symlink-loop'
  | 'not-a-file'
  | 'read-only'
  | 'permission'
  | 'disk-full'
  | 'locked'
  | 'keeps-changing'
  | 'io';

/**
 * The Docker config could not be read or written, and it is as it was. `message` says where and what, `nextStep` what to do about it;
 * neither holds anything of the file. Exit code 3.
 */
export class ConfigFileError extends Error {
  readonly fault: ConfigFileFault;
  /** Null where not even the place is known. */
  readonly path: string | null;
  readonly nextStep: string;
  /** From 1; null where the fault has no place in the text. */
  readonly line: number | null;
  readonly column: number | null;

  constructor(
    fault: ConfigFileFault,
    path: string | null,
    message: string,
    nextStep: string,
    options: { line?: number; column?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ConfigFileError';
    this.fault = fault;
    this.path = path;
    this.nextStep = nextStep;
    this.line = options.line ?? null;
    this.column = options.column ?? null;
  }
}

/** Error codes of the system → the fault, and what to do about it. EFBIG and EDQUOT: a limit of the process or the user was reached. */
const systemFaults: Readonly<Record<string, readonly [ConfigFileFault, string, string]>> = {
  EACCES: [
    'permission',
    'permission denied',
    'Make the file and its directory belong to this user (chown), or set DOCKER_CONFIG.',
  ],
  EPERM: [
    'permission',
    'operation not permitted',
    'Make the file and its directory belong to this user (chown), or set DOCKER_CONFIG.',
  ],
  EROFS: [
    'read-only',
    'the file system is read-only',
    'Mount it writable, or set DOCKER_CONFIG to a writable directory.',
  ],
  ENOSPC: ['disk-full', 'no space left on the disk', 'Free some space and run this again.'],
  EDQUOT: ['disk-full', 'the disk quota is used up', 'Free some space and run this again.'],
  EFBIG: [
    'disk-full',
    'the limit for the size of a file is reached',
    'Raise the limit (ulimit -f) and run this again.',
  ],
  ELOOP: ['symlink-loop', 'its symbolic links form a loop', 'Remove the links that point at each other.'],
  EISDIR: ['not-a-file', 'it is a directory', 'Move the directory away.'],
  ENOTDIR: [
    'not-a-file',
    'a part of its path is not a directory',
    'Move the file that stands in the way, or set DOCKER_CONFIG.',
  ],
};

/** The error of a call of the system or of the parser as a ConfigFileError; any other error is a bug and is returned as it is. */
export function toConfigFileError(error: unknown, path: string, action: 'read' | 'write'): unknown {
  if (error instanceof DockerConfigError) {
    const { line, column } = error.position;
    return new ConfigFileError(
      error.kind,
      path,
      `Cannot use ${path}: line ${line}, column ${column}: ${error.message}. The file was left as it is.`,
      'Correct the file by hand, or move it away to start with an empty one.',
      { line, column, cause: error },
    );
  }
  const code = systemErrorCode(error);
  if (code === null) return error;
  const [fault, reason, nextStep] = systemFaults[code] ?? [
    'io',
    'the system reports an error',
    `Look up ${code}, then run this again.`,
  ];
  return new ConfigFileError(fault, path, `Cannot ${action} ${path}: ${reason} (${code}).`, nextStep, {
    cause: error,
  });
}

/** Such as `ENOENT`; null for what is no error of a system call. */
export function systemErrorCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  return 'syscall' in error ? error.code : null;
}
