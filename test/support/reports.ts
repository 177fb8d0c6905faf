import type { ImageReport, Problem, RegistryReport, Report } from '../../src/core/report.ts';

/** A report of a login with nothing in it, but for what is given. */
export function report(parts: Partial<Report>): Report {
  return {
    schemaVersion: 1,
    command: 'login',
    configFile: '/home/vscode/.docker/config.json',
    registries: [],
    problems: [],
    restart: { needed: 'no', reasons: [], how: null },
    ...parts,
  };
}

/** A login that went well, but for what is given. */
export function registryReport(parts: Partial<RegistryReport>): RegistryReport {
  return {
    name: 'ACR',
    server: 'mycompany.azurecr.io',
    username: 'acr-user',
    kind: 'basic',
    status: 'ok',
    store: 'config',
    expiresAt: null,
    durationMs: 131,
    message: 'Logged in as acr-user.',
    advice: null,
    ...parts,
  };
}

export function problem(parts: Partial<Problem>): Problem {
  return {
    code: 'incomplete-set',
    name: 'GAR',
    variables: [],
    message: 'Something is wrong.',
    advice: null,
    ...parts,
  };
}

export function imageReport(parts: Partial<ImageReport>): ImageReport {
  return {
    image: 'mycompany.azurecr.io/team/app:1.2',
    pullable: true,
    digest: null,
    message: 'Can be pulled as acr-user.',
    advice: null,
    ...parts,
  };
}
