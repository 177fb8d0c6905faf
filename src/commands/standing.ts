import type { DockerConfig } from '../core/docker-config.ts';
import { type LoginState, noState } from '../core/login-state.ts';
import type { Problem } from '../core/report.ts';
import { locateConfigFile, readConfigFile } from '../io/config-file.ts';
import { recallState } from '../io/login-memory.ts';
import { readSources, type Sources } from '../io/sources.ts';
import type { System } from '../io/system.ts';
import { noteFileProblem } from './file-problem.ts';

/** How things stand on this machine before anybody is asked. */
export interface Standing {
  readonly sources: Sources;
  /** Those of the sources and of the files; the command adds its own. */
  readonly problems: Problem[];
  readonly configFile: string | null;
  /** Null where it cannot be read; an empty one where there is none. */
  readonly config: DockerConfig | null;
  readonly state: LoginState;
}

/** Reads secrets, options, Docker config and state; what of it cannot be read is a problem. Changes nothing. */
export async function readStanding(system: System): Promise<Standing> {
  const sources = readSources(system);
  const problems = [...sources.problems];
  const configFile = await noteFileProblem(problems, async () => locateConfigFile(system));
  const read = configFile === null ? null : await noteFileProblem(problems, () => readConfigFile(configFile));
  const state = (await noteFileProblem(problems, () => recallState(system))) ?? noState;
  return { sources, problems, configFile, config: read?.config ?? null, state };
}
