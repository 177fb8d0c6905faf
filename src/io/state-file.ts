import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { emptyState, type LoginState } from '../core/login-state.ts';
import { formatState } from '../core/format-state.ts';
import { readPrivateFile, stateDirectory, StateFileError, updatePrivateFile } from './private-file.ts';
import type { Environment } from './system.ts';

/** `state.json` in the state directory, or null where no home is known. */
export function stateFilePath(env: Environment, homeDirectory: string | null): string | null {
  const directory = stateDirectory(env, homeDirectory);
  return directory === null ? null : join(directory, 'state.json');
}

/** Returns the state, or null where there is none yet. Changes nothing. Throws StateFileError for a file that is unreadable, odd or corrupt. */
export async function readState(path: string): Promise<LoginState | null> {
  const text = await readPrivateFile(path);
  return text === null ? null : parse(path, text);
}

/** Applies `edit`, which is pure and may run twice, to the state (an empty one with a new salt where there is none). Returns the new state. Throws StateFileError. */
export async function updateState(
  path: string,
  edit: (state: LoginState) => LoginState,
): Promise<LoginState> {
  const salt = randomBytes(32).toString('hex');
  let edited = emptyState(salt);
  await updatePrivateFile(path, async (text) => {
    edited = edit(text === null ? emptyState(salt) : await parse(path, text));
    return formatState(edited);
  });
  return edited;
}

/** The schema is loaded here: a first login has no state to read. */
async function parse(path: string, text: string): Promise<LoginState> {
  const { parseState } = await import('../core/state-json.ts');
  const state = parseState(text);
  if (!('problem' in state)) return state;
  throw new StateFileError(
    `${path} ${state.problem}. Delete it: the next login writes a new one and verifies every set again.`,
  );
}
