import * as z from 'zod/mini';

/** Token authentication (distribution `docs/spec/auth/token.md`) and its OAuth2 form (`oauth.md`). */
const TokenAnswer = z.object({
  token: z.optional(z.nullable(z.string())),
  access_token: z.optional(z.nullable(z.string())),
  refresh_token: z.optional(z.nullable(z.string())),
});

/** What the token endpoint answered, or null where that is no answer of one. */
export function parseTokenAnswer(text: string): z.infer<typeof TokenAnswer> | null {
  const parsed = z.safeParse(TokenAnswer, parseJson(text));
  return parsed.success ? parsed.data : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
