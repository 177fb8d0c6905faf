/**
 * A process that adds entries to a Docker config: `node update-config.ts '<UpdateRequest>'`. Prints an UpdateReply as JSON.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setAuth } from '../../src/core/docker-config.ts';
import { ConfigFileError } from '../../src/io/config-file-error.ts';
import { acquireLock } from '../../src/io/file-lock.ts';
import { updateConfigFile, type UpdateOptions, type UpdateResult } from '../../src/io/config-file.ts';

export interface UpdateRequest {
  readonly path: string;
  /** Each is set by a write of its own. */
  readonly keys: readonly string[];
  readonly password?: string;
  /** Give up root's rights for those of this user, once all code is loaded. */
  readonly uid?: number;
  readonly options?: Omit<UpdateOptions, 'signal'>;
}

export interface UpdateReply {
  readonly results: readonly UpdateResult[];
  readonly error: { readonly fault: string; readonly message: string; readonly nextStep: string } | null;
}

// Otherwise proper-lockfile's signal handlers end the process at `ulimit -f` before it sees EFBIG.
process.on('SIGXFSZ', () => undefined);
const request = JSON.parse(process.argv[2] ?? '') as UpdateRequest;
if (request.uid !== undefined && process.getuid?.() === 0) {
  // What is loaded on demand is found now: the other user may not see into the project's folder.
  const directory = mkdtempSync(join(tmpdir(), 'registry-login-lock-'));
  await (await acquireLock(join(directory, 'lock'))).release();
  rmSync(directory, { recursive: true });
  process.setgroups?.([]);
  process.setgid?.(request.uid);
  process.setuid?.(request.uid);
}
const results: UpdateResult[] = [];
let error: UpdateReply['error'] = null;
try {
  for (const key of request.keys) {
    const auth = Buffer.from(`${key}:${request.password ?? 'pw'}`).toString('base64');
    results.push(
      await updateConfigFile(request.path, (config) => setAuth(config, key, { auth }), request.options),
    );
  }
} catch (caught) {
  if (!(caught instanceof ConfigFileError)) throw caught;
  error = { fault: caught.fault, message: caught.message, nextStep: caught.nextStep };
}
process.stdout.write(JSON.stringify({ results, error } satisfies UpdateReply));
