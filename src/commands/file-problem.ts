import type { Problem } from '../core/report.ts';
import { ConfigFileError } from '../io/config-file-error.ts';
import { StateFileError } from '../io/private-file.ts';

/** What `action` returns, or null where one of our files stood in the way; that goes into `problems`. Other errors pass through. */
export async function noteFileProblem<T>(problems: Problem[], action: () => Promise<T>): Promise<T | null> {
  try {
    return await action();
  } catch (error) {
    const problem = fileProblem(error);
    if (problem === null) throw error;
    if (!problems.some(({ message }) => message === problem.message)) problems.push(problem);
    return null;
  }
}

function fileProblem(error: unknown): Problem | null {
  if (error instanceof ConfigFileError) {
    return { code: 'config-file', name: null, variables: [], message: error.message, advice: error.nextStep };
  }
  if (error instanceof StateFileError) {
    return { code: 'state-file', name: null, variables: [], message: error.message, advice: null };
  }
  return null;
}
