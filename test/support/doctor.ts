import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { runCli } from '../../src/cli.ts';
import { reportSchema } from '../../src/core/report-schema.ts';
import type { ImageReport, RegistryReport, Report, Step } from '../../src/core/report.ts';
import type { Environment } from '../../src/io/system.ts';
import type { TemporaryHome } from './temporary-home.ts';
import { createTestSystem, type TestSystemOptions } from './test-system.ts';

export interface Examination {
  readonly exitCode: number;
  readonly report: Report;
  /** The only row, or the one of this name. */
  readonly row: (name?: string) => RegistryReport;
  step(step: Step['step'], name?: string): Step;
  /** `variables ok, resolve failed, …` without the steps that were not reached. */
  steps(name?: string): string;
  image(): ImageReport;
}

const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(reportSchema);

/** A password for planting: everything that comes out is searched for it. */
export const plantedPassword = 'pa55-PLANTED:ü+/=';

/**
 * Runs `registry-login doctor --json` in a home, with `<home>/bin` as PATH. Throws where the report breaks its schema, where anything below
 * the home has changed, and where something that was planted comes out.
 */
export async function doctor(
  home: TemporaryHome,
  env: Environment,
  images: readonly string[] = [],
  options: Omit<TestSystemOptions, 'args' | 'env' | 'home'> = {},
): Promise<Examination> {
  const before = contentsOf(home);
  const tested = createTestSystem({
    ...options,
    args: ['doctor', '--json', ...images],
    env: { PATH: join(home.path, 'bin'), REGISTRY_LOGIN_SECRETS_DIR: join(home.path, 'no-secrets'), ...env },
    home: home.path,
  });
  try {
    const exitCode = await runCli(tested.system);
    const printed = tested.stdout() + tested.stderr();
    for (const planted of [
      'PLANTED',
      'planted',
      Buffer.from(plantedPassword).toString('base64').slice(4, -4),
    ]) {
      if (printed.includes(planted)) throw new Error(`${planted} came out:\n${printed}`);
    }
    if (JSON.stringify(contentsOf(home)) !== JSON.stringify(before)) throw new Error('doctor has written');
    const report = JSON.parse(tested.stdout()) as Report;
    if (!validate(report))
      throw new Error(`not of the schema: ${JSON.stringify(validate.errors)}\n${printed}`);
    return examination(exitCode, report);
  } finally {
    await tested.cleanup();
  }
}

function examination(exitCode: number, report: Report): Examination {
  const row = (name?: string): RegistryReport => {
    const rows = report.registries.filter((one) => name === undefined || one.name === name);
    const [found] = rows;
    if (found === undefined || rows.length > 1)
      throw new Error(`${rows.length} rows: ${JSON.stringify(report)}`);
    return found;
  };
  return {
    exitCode,
    report,
    row,
    step(step, name) {
      const found = row(name).steps?.find((one) => one.step === step);
      if (found === undefined) throw new Error(`no step ${step}`);
      return found;
    },
    steps(name) {
      const reached = row(name).steps?.filter(({ message }) => message !== 'Not reached.') ?? [];
      return reached.map(({ step, status }) => `${step} ${status}`).join(', ');
    },
    image() {
      const [image] = report.images ?? [];
      if (image === undefined || report.images?.length !== 1)
        throw new Error(`images: ${JSON.stringify(report.images)}`);
      return image;
    },
  };
}

function contentsOf(home: TemporaryHome): [string, string][] {
  return home.list().map((name) => {
    const path = join(home.path, name);
    const stats = lstatSync(path);
    return [name, stats.isFile() ? `${stats.mode} ${stats.mtimeMs} ${readFileSync(path, 'base64')}` : ''];
  });
}

/** The three variables of a set named ACR for this server, or of another name. */
export function setFor(
  server: string,
  parts: { name?: string; user?: string; password?: string } = {},
): Record<string, string> {
  const { name = 'ACR', user = 'dora', password = plantedPassword } = parts;
  return {
    [`${name}_CONTAINER_REGISTRY_SERVER`]: server,
    [`${name}_CONTAINER_REGISTRY_USER`]: user,
    [`${name}_CONTAINER_REGISTRY_PASSWORD`]: password,
  };
}
