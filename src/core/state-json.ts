import * as z from 'zod/mini';
import type { Fingerprints } from './fingerprint.ts';
import type { LoginState } from './login-state.ts';

const fingerprintSchema = z.string().check(z.regex(/^[0-9a-f]{4}$/));
const timeSchema = z.nullable(z.iso.datetime());
const textSchema = z.string().check(z.regex(/^[^\p{Cc}]{0,1024}$/u));

// Lists instead of objects keyed by name: `__proto__` is an ordinary name, and zod drops it as a key.
const fieldsSchema = z.array(z.tuple([textSchema, fingerprintSchema]));
const seenSchema = z.array(z.object({ name: textSchema, fingerprints: fieldsSchema }));

const stateSchema = z.object({
  schemaVersion: z.literal(1),
  salt: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  start: z.object({ id: z.nullable(textSchema), startedAt: timeSchema }),
  seen: seenSchema,
  previous: z.nullable(seenSchema),
  sets: z.array(
    z.object({
      name: textSchema,
      server: textSchema,
      kind: textSchema,
      status: textSchema,
      store: z.nullable(z.enum(['config', 'helper', 'both'])),
      fingerprints: fieldsSchema,
      verifiedAt: timeSchema,
      startId: z.nullable(textSchema),
      written: z.nullable(fieldsSchema),
      expiresAt: timeSchema,
      replacedHelper: z.optional(z.string()),
    }),
  ),
});

/** What stands in the file. */
export type StateFile = z.infer<typeof stateSchema>;

/** Returns the state, or in a few words why this is none (never quoting the text). */
export function parseState(text: string): LoginState | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'is not JSON' };
  }
  const result = stateSchema.safeParse(value);
  if (!result.success) {
    const path = result.error.issues[0]?.path.join('.') ?? '';
    return {
      problem: path === '' ? 'is not a state file' : `is not a state file of this version (at ${path})`,
    };
  }
  const file = result.data;
  return {
    salt: file.salt,
    start: { id: file.start.id, startedAt: toTime(file.start.startedAt) },
    seen: toSeen(file.seen),
    previous: file.previous === null ? null : toSeen(file.previous),
    sets: new Map(
      file.sets.map(({ name, ...record }) => [
        name,
        {
          ...record,
          fingerprints: new Map(record.fingerprints),
          written: record.written === null ? null : new Map(record.written),
          verifiedAt: toTime(record.verifiedAt),
          expiresAt: toTime(record.expiresAt),
        },
      ]),
    ),
  };
}

function toSeen(list: z.infer<typeof seenSchema>): ReadonlyMap<string, Fingerprints> {
  return new Map(list.map(({ name, fingerprints }) => [name, new Map(fingerprints)]));
}

function toTime(iso: string | null): number | null {
  return iso === null ? null : Date.parse(iso);
}
