import { fingerprintFields } from '../core/fingerprint.ts';
import { isVerified, type LoginState, noteSets, type SetRecord } from '../core/login-state.ts';
import { exitCodeOf, type ExitCode, type Problem, type RegistryReport, type Report } from '../core/report.ts';
import { type SecretSet, setFields, type UnusableSet } from '../core/secret-set.ts';
import { ConfigFileError } from '../io/config-file-error.ts';
import { locateConfigFile } from '../io/config-file.ts';
import { type Placed, type PlannedLogin, placeLogins } from '../io/place-logins.ts';
import { watchProgress } from '../io/progress.ts';
import { gatherRestartEvidence } from '../io/restart-evidence.ts';
import { readSources, type Sources } from '../io/sources.ts';
import { openState, type StateAccess } from '../io/state-access.ts';
import type { System } from '../io/system.ts';
import { type Attempt, verifySet } from '../io/verify-set.ts';
import { printReport } from './print-report.ts';

export interface LoginFlags {
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly skipVerified: boolean;
  readonly exitZero: boolean;
  readonly only: readonly string[];
}
