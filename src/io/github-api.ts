import { HttpError, type HttpAnswer, type HttpClient } from './http.ts';
import type { Environment } from './system.ts';

/** One answer of GitHub's API, or in words why there is none. */
export type GithubAnswer =
  | { readonly json: unknown; readonly next: URL | null; readonly foreignNext: boolean }
  | { readonly refused: 'permission' | 'other'; readonly words: string };

export interface GithubApi {
  /** `path` begins with `/`; its parts are encoded. */
  url(path: string): URL;
  get(url: URL): Promise<GithubAnswer>;
}

const tokenVariables = ['REGISTRY_LOGIN_GITHUB_TOKEN', 'GH_TOKEN', 'GITHUB_TOKEN'] as const;

/**
 * Is GitHub to be asked? In a codespace, wherever a token was given for this very purpose, and where `GH_TOKEN` comes with the API's address;
 * GitHub Actions, where both are common, has no Codespaces secrets.
 */
export function mayAskGithub(env: Environment): boolean {
  const has = (name: string): boolean => Boolean(env[name]?.trim());
  if (env['CODESPACES'] === 'true' || has('REGISTRY_LOGIN_GITHUB_TOKEN')) return true;
  return has('GH_TOKEN') && has('GITHUB_API_URL') && env['GITHUB_ACTIONS'] !== 'true';
}

/** The token to ask GitHub with, and the variable that it came from; null when there is none. */
export function githubToken(env: Environment): { variable: string; token: string } | null {
  for (const variable of tokenVariables) {
    const token = env[variable]?.trim();
    if (token) return { variable, token };
  }
  return null;
}

/** `$GITHUB_API_URL` (a GitHub Enterprise one has a path), or in words why it gets no token: HTTPS only, HTTP on loopback only. */
export function githubApiBase(env: Environment): URL | { readonly refused: string } {
  const text = env['GITHUB_API_URL']?.trim() || 'https://api.github.com';
  if (!URL.canParse(text)) return { refused: 'GITHUB_API_URL is not a URL, so GitHub was not asked.' };
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    return { refused: 'GITHUB_API_URL has a user name or password in it, so GitHub was not asked.' };
  }
  const isLoopback =
    url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(?:\.[0-9]+){3}$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) {
    return { refused: 'GITHUB_API_URL is not https, so no token was sent there and GitHub was not asked.' };
  }
  return url;
}

/** Requests as `docs.github.com/rest` (version 2022-11-28) has them. The token goes to the origin of `base` and nowhere else. */
export function githubApi(
  base: URL,
  { variable, token }: { variable: string; token: string },
  http: HttpClient,
  signal: AbortSignal,
): GithubApi {
  const prefix = base.pathname.replace(/\/+$/, '');
  return {
    url: (path) => new URL(`${prefix}${path}`, base.origin),
    async get(url) {
      if (url.origin !== base.origin)
        return { refused: 'other', words: 'an address at another origin was not followed' };
      if (!/^[\x21-\x7e]+$/.test(token)) {
        return { refused: 'other', words: `the token in ${variable} has characters that no token has` };
      }
      let answer: HttpAnswer;
      try {
        answer = await http.send({
          method: 'GET',
          url,
          headers: {
            accept: 'application/vnd.github+json',
            authorization: `Bearer ${token}`,
            'user-agent': 'devcontainer-registry-login',
            'x-github-api-version': '2022-11-28',
          },
          signal,
        });
      } catch (error) {
        if (!(error instanceof HttpError)) throw error;
        return { refused: 'other', words: `${base.host} gave no answer (${wordsOf(error)})` };
      }
      return readAnswer(answer, base, variable);
    },
  };
}

function readAnswer(answer: HttpAnswer, base: URL, variable: string): GithubAnswer {
  const { status } = answer;
  if (status === 401) {
    return { refused: 'other', words: `GitHub does not accept the token in ${variable} (HTTP 401)` };
  }
  if ((status === 403 || status === 429) && isRateLimited(answer)) {
    return {
      refused: 'other',
      words: `GitHub's rate limit is used up (HTTP ${status}${retryWords(answer)})`,
    };
  }
  if (status === 403 || status === 404) {
    return {
      refused: 'permission',
      words: `GitHub does not show the list to the token in ${variable} (HTTP ${status})`,
    };
  }
  if (status !== 200) return { refused: 'other', words: `GitHub answered HTTP ${status}` };
  try {
    const json: unknown = JSON.parse(answer.body);
    return { json, ...nextPage(answer, base) };
  } catch {
    return { refused: 'other', words: 'GitHub answered with something that is not JSON' };
  }
}

/** docs.github.com, "Rate limits for the REST API": the primary limit has `x-ratelimit-remaining: 0`, the secondary `retry-after` or 429. */
function isRateLimited(answer: HttpAnswer): boolean {
  return (
    answer.status === 429 ||
    header(answer, 'x-ratelimit-remaining') === '0' ||
    header(answer, 'retry-after') !== undefined
  );
}

function retryWords(answer: HttpAnswer): string {
  const after = header(answer, 'retry-after');
  if (after !== undefined && /^[0-9]{1,6}$/.test(after)) return `, again in ${after} s`;
  const reset = header(answer, 'x-ratelimit-reset');
  if (reset !== undefined && /^[0-9]{1,11}$/.test(reset))
    return `, until ${new Date(Number(reset) * 1000).toISOString()}`;
  return '';
}

/** `rel="next"` of the Link header (RFC 8288), kept only at the API's own origin: the token would go there. */
function nextPage(answer: HttpAnswer, base: URL): { next: URL | null; foreignNext: boolean } {
  for (const [, target = '', parameters = ''] of (header(answer, 'link') ?? '').matchAll(
    /<([^<>]*)>([^<]*)/g,
  )) {
    if (!/;\s*rel\s*=\s*"?next"?(?=\s*(?:[;,]|$))/i.test(parameters)) continue;
    const next = URL.canParse(target, base.href) ? new URL(target, base.href) : null;
    const isOurs =
      next !== null && next.origin === base.origin && next.username === '' && next.password === '';
    return isOurs ? { next, foreignNext: false } : { next: null, foreignNext: true };
  }
  return { next: null, foreignNext: false };
}

function header(answer: HttpAnswer, name: string): string | undefined {
  const value = answer.headers[name];
  return typeof value === 'string' ? value : value?.join(', ');
}

const reasonWords: Partial<Record<HttpError['reason'], string>> = {
  'name-not-resolved': 'its name is not resolved',
  'connection-refused': 'the connection was refused',
  timeout: 'not in time',
  tls: 'TLS failed',
  'answer-too-large': 'the answer was too large',
  proxy: 'the proxy failed',
};

function wordsOf({ reason, code }: HttpError): string {
  const words = reasonWords[reason] ?? 'the connection failed';
  return code === null || reason === 'connection-refused' || reason === 'timeout'
    ? words
    : `${words}: ${code}`;
}
