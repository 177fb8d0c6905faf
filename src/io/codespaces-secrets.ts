import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Secret } from '../core/secret.ts';
import {
  decodeUtf8,
  parseEnvSecrets,
  parseUserSecretsJson,
  type ParsedSecrets,
  type SecretsFileProblem,
} from '../core/secrets-files.ts';
import type { Environment } from './system.ts';

export interface FileSecret {
  readonly value: Secret;
  /** The file's absolute path. */
  readonly file: string;
}

export interface CodespacesSecrets {
  readonly secrets: ReadonlyMap<string, FileSecret>;
  readonly problems: readonly SecretsFileProblem[];
}

const defaultDirectory = '/workspaces/.codespaces/shared';
/** 100 secrets of 48 KB, as GitHub limits them, are more than any codespace has; a file beyond this is none of ours. */
const maxFileBytes = 1024 * 1024;

/**
 * Returns the secrets in the codespace's secrets files, with the file that each came from. A missing folder or file is no
 * problem; an unreadable or odd one is named in `problems` (without a value) and the rest is used. Never throws, never hangs.
 *
 * Where both files have a name, `.env-secrets` wins: it is what a new terminal reads (devcontainers' sshd script), so after
 * "open a new terminal" the environment agrees with us.
 */
export function readCodespacesSecrets(env: Environment): CodespacesSecrets {
  const directory = env['REGISTRY_LOGIN_SECRETS_DIR'] || defaultDirectory;
  const secrets = new Map<string, FileSecret>();
  const problems: SecretsFileProblem[] = [];
  const add = (name: string, parse: (text: string) => ParsedSecrets) => {
    const file = join(directory, name);
    const content = readText(file);
    if (content === null) return;
    if ('problem' in content) {
      problems.push({ file, message: content.problem, isUsed: false });
      return;
    }
    const parsed = parse(content.text);
    for (const [variable, value] of parsed.secrets) secrets.set(variable, { value, file });
    const isUsed = parsed.secrets.size > 0;
    for (const message of parsed.problems) problems.push({ file, message, isUsed });
  };
  add('user-secrets-envs.json', parseUserSecretsJson);
  add('.env-secrets', parseEnvSecrets);
  return { secrets, problems };
}

function readText(file: string): { text: string } | { problem: string } | null {
  let descriptor: number;
  try {
    // Without O_NONBLOCK, opening a FIFO waits for a writer.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    return isMissing(error) ? null : { problem: `cannot be read (${codeOf(error)})` };
  }
  try {
    if (!fstatSync(descriptor).isFile()) return { problem: 'is not a regular file' };
    const buffer = Buffer.alloc(maxFileBytes + 1);
    let length = 0;
    while (length < buffer.length) {
      const count = readSync(descriptor, buffer, length, buffer.length - length, null);
      if (count === 0) break;
      length += count;
    }
    if (length > maxFileBytes) return { problem: 'is larger than 1 MiB' };
    const text = decodeUtf8(buffer.subarray(0, length));
    return text === null ? { problem: 'is not UTF-8 text' } : { text };
  } catch (error) {
    return { problem: `cannot be read (${codeOf(error)})` };
  } finally {
    closeSync(descriptor);
  }
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'unknown error';
}
