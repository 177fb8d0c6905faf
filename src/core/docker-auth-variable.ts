import * as z from 'zod/mini';
import { decodeAuthConfig } from './auth-config.ts';
import type { Credential } from './credential.ts';

const AuthVariable = z.strictObject({
  auths: z.optional(
    z.nullable(z.record(z.string(), z.strictObject({ auth: z.string().check(z.minLength(1)) }))),
  ),
});

/**
 * The credentials in the variable `DOCKER_AUTH_CONFIG`, by server. Null where docker passes the whole variable over, with a warning: it
 * knows no field but `auths` and `auth` there, and every `auth` has to be base64 of `user:password`
 * (docker/cli v28.3 `cli/config/configfile/file.go` parseEnvConfig).
 */
export function parseDockerAuthVariable(text: string): ReadonlyMap<string, Credential> | null {
  try {
    const { auths } = z.parse(AuthVariable, JSON.parse(text));
    const credentials = new Map<string, Credential>();
    for (const [server, entry] of Object.entries(auths ?? {})) {
      const credential = decodeAuthConfig(entry);
      if (credential !== null) credentials.set(server, credential);
    }
    return credentials;
  } catch {
    return null;
  }
}
