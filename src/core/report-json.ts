import type { ImageReport, Problem, RegistryReport, Report, Restart, Step } from './report.ts';

/** The report as one JSON object, with its fields in the published order whatever way they came together. */
export function renderJson(report: Report): string {
  const { schemaVersion, command, configFile, registries, problems, restart, images } = report;
  const ordered: Report = {
    schemaVersion,
    command,
    configFile,
    registries: registries.map(orderRegistry),
    problems: problems.map(orderProblem),
    restart: orderRestart(restart),
    ...(images === undefined ? {} : { images: images.map(orderImage) }),
  };
  return `${JSON.stringify(ordered, null, 2)}\n`;
}

function orderRegistry(registry: RegistryReport): RegistryReport {
  const { name, server, username, kind, status, store, expiresAt, durationMs, message, advice, steps } =
    registry;
  return {
    name,
    server,
    username,
    kind,
    status,
    store,
    expiresAt,
    durationMs,
    message,
    advice,
    ...(steps === undefined ? {} : { steps: steps.map(orderStep) }),
  };
}

function orderStep({ step, status, message, advice }: Step): Step {
  return { step, status, message, advice };
}

function orderProblem({ code, name, variables, message, advice }: Problem): Problem {
  return { code, name, variables, message, advice };
}

function orderRestart({ needed, reasons, how }: Restart): Restart {
  return {
    needed,
    reasons: reasons.map(({ secret, source, message }) => ({ secret, source, message })),
    how,
  };
}

function orderImage({ image, pullable, digest, message, advice }: ImageReport): ImageReport {
  return { image, pullable, digest, message, advice };
}
