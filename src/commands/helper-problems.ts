import { helperName, type HelperPresence, renewsItself } from '../core/placement.ts';
import type { Problem } from '../core/report.ts';
import type { LoginResult } from '../io/login-memory.ts';

const program = `docker-credential-${helperName}`;
const install = 'Install it: npm install --global devcontainer-registry-login.';

/** What keeps clients from finding what was stored, or keeps it from being renewed. */
export function helperProblems(presence: HelperPresence, results: readonly LoginResult[]): Problem[] {
  const failed = results.flatMap(({ attempt, placed }) => {
    return placed?.native == null || placed.store !== null
      ? []
      : [failedProblem(attempt.set.name, placed.native)];
  });
  const isNamed = results.some(
    ({ placed }) => placed?.native === null && placed.store !== null && placed.store !== 'config',
  );
  if (presence !== 'lasting' && isNamed) {
    const message = `The Docker config names the credential helper ${program}, which is not on PATH.`;
    return [notFound(message, `${install} Or set the option credentialStore to config.`), ...failed];
  }
  const isNotRenewed = results.some(
    ({ attempt, placed }) => renewsItself(attempt.set) && placed !== null && placed.store !== null,
  );
  if (presence === 'passing' && isNotRenewed) {
    const message = `The ECR token is not renewed: the credential helper ${program} is here only while npx runs.`;
    return [notFound(message, `${install} Or run this again before the token expires.`), ...failed];
  }
  return failed;
}

function notFound(message: string, advice: string): Problem {
  return { code: 'helper-not-found', name: null, variables: [], message, advice };
}

function failedProblem(name: string, helper: string): Problem {
  return {
    code: 'helper-failed',
    name,
    variables: [],
    message: `docker-credential-${helper}, where the Docker config sends this login, did not take it.`,
    advice: `See what it says: docker-credential-${helper} list. Or install ours, which goes around it: npm install --global devcontainer-registry-login.`,
  };
}
