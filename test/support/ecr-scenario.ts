import { type EcrStandIn, startEcrStandIn } from './ecr-stand-in.ts';
import { type Scenario, secretSet } from './scenario.ts';

export const ecrHost = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

/** Keys that AWS knows. All have the same secret; the temporary one has the session token too. */
export const accessKeyId = 'AKIAIOSFODNN7EXAMPLE';
export const otherKeyId = 'AKIAI44QH8DHBEXAMPLE';
export const temporaryKeyId = 'ASIAIOSFODNN7EXAMPLE';
export const secret = 'wJalrXUtnFEMI/K7MDENG/PLANTEDKEY';
export const sessionToken = 'IQoJb3JpZ2luX2VjPLANTED/SESSION+TOKEN==';

/** Starts AWS with these keys, and plants them in the scenario. `now` is AWS's clock. */
export async function startEcrFor(scenario: Scenario, now: () => number = Date.now): Promise<EcrStandIn> {
  scenario.plantKey(secret, sessionToken);
  const keys = [accessKeyId, otherKeyId].map((id) => ({ accessKeyId: id, secretAccessKey: secret }));
  const temporary = { accessKeyId: temporaryKeyId, secretAccessKey: secret, sessionToken };
  return await startEcrStandIn({ keys: [...keys, temporary], now });
}

/** The variables of a set named ECR with the first key, and the address of AWS. */
export function ecrVariables(ecr: EcrStandIn): Record<string, string> {
  return { ...secretSet('ECR', ecrHost, accessKeyId, secret), AWS_ENDPOINT_URL_ECR: ecr.url };
}
