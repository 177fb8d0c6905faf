import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One Codespaces secret as docs.github.com/rest/codespaces shows it; the API never gives values. */
export interface StandInSecret {
  readonly name: string;
  /** ISO 8601, as GitHub writes it: `2020-01-10T14:59:22Z`. */
  readonly updatedAt: string;
  /** A user's or an organisation's secret has one; default `all`. */
  readonly visibility?: 'all' | 'private' | 'selected';
  /** `owner/name` of the repositories that a `selected` one is granted to. */
  readonly repositories?: readonly string[];
}

/** What a list answers with. */
export type StandInList =
  | { readonly secrets: readonly StandInSecret[] }
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'never-answers';

export interface StandInOptions {
  /** The only token that is let in; any other one gets 401. */
  readonly token?: string;
  /** `owner/name`. */
  readonly repository?: string;
  readonly isPrivate?: boolean;
  readonly ownerType?: 'User' | 'Organization';
  readonly user?: StandInList;
  readonly repositorySecrets?: StandInList;
  readonly organization?: StandInList;
  /** The most that a page holds, whatever `per_page` asks for; GitHub's own limit is 100. */
  readonly pageSize?: number;
  /** Whether pages point to the next one with a Link header; `foreign` points to another origin. Default `header`. */
  readonly links?: 'header' | 'none' | { readonly foreign: string };
  /** A path before all others, as GitHub Enterprise Server has `/api/v3`. */
  readonly prefix?: string;
}

export interface LoggedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

export interface GithubStandIn {
  /** For `GITHUB_API_URL`. */
  readonly url: string;
  readonly requests: readonly LoggedRequest[];
  /** Changes answers from now on. */
  set(options: StandInOptions): void;
  close(): Promise<void>;
}

/** 403 as the codespace's own token gets it (recorded shape). */
export const notAccessible: StandInList = {
  status: 403,
  body: JSON.stringify({
    message: 'Resource not accessible by integration',
    documentation_url:
      'https://docs.github.com/rest/codespaces/secrets#list-secrets-for-the-authenticated-user',
    status: '403',
  }),
};

/** 404 as GitHub hides what a token may not see. */
export const notFound: StandInList = {
  status: 404,
  body: JSON.stringify({
    message: 'Not Found',
    documentation_url: 'https://docs.github.com/rest',
    status: '404',
  }),
};

/** The primary rate limit, used up until `resetSeconds` after the epoch. */
export function rateLimited(resetSeconds: number): StandInList {
  return {
    status: 403,
    headers: {
      'x-ratelimit-limit': '60',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(resetSeconds),
    },
    body: JSON.stringify({ message: 'API rate limit exceeded for user ID 1.', status: '403' }),
  };
}

/** The secondary rate limit. */
export function slowDown(retryAfterSeconds: number): StandInList {
  return {
    status: 429,
    headers: { 'retry-after': String(retryAfterSeconds) },
    body: JSON.stringify({ message: 'You have exceeded a secondary rate limit.', status: '429' }),
  };
}

/** Stands in for GitHub's REST API on loopback: the three lists of Codespaces secrets, selected repositories, a repository, an account. */
export async function startGithubStandIn(options: StandInOptions = {}): Promise<GithubStandIn> {
  let current = options;
  const requests: LoggedRequest[] = [];
  const server = createServer((request, response) => {
    requests.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers });
    answer(request, response, current);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${options.prefix ?? ''}`,
    requests,
    set(changes) {
      current = { ...current, ...changes };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, options: StandInOptions): void {
  const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
  const repository = (options.repository ?? 'octo-org/hello-world').toLowerCase();
  const owner = repository.split('/')[0] ?? '';
  const prefix = options.prefix ?? '';
  const token = options.token ?? 'stand-in-token';
  if (request.headers.authorization !== `Bearer ${token}`) {
    return send(response, 401, { message: 'Bad credentials', status: '401' });
  }
  if (request.method !== 'GET' || !url.pathname.startsWith(`${prefix}/`))
    return send(response, 404, { message: 'Not Found' });
  const path = decodeURIComponent(url.pathname.slice(prefix.length)).toLowerCase();
  const lists: Record<string, StandInList | undefined> = {
    '/user/codespaces/secrets': options.user,
    [`/repos/${repository}/codespaces/secrets`]: options.repositorySecrets,
    [`/orgs/${owner}/codespaces/secrets`]: options.organization,
  };
  if (path === `/repos/${repository}`) {
    return send(response, 200, { id: 1, full_name: options.repository, private: options.isPrivate ?? true });
  }
  if (path === `/users/${owner}`) {
    return send(response, 200, { login: owner, id: 2, type: options.ownerType ?? 'Organization' });
  }
  for (const [listPath, list] of Object.entries(lists)) {
    if (path === listPath) return sendList(response, url, list ?? { secrets: [] }, options);
    const selected = path.startsWith(`${listPath}/`) ? path.slice(listPath.length + 1) : '';
    if (
      selected.endsWith('/repositories') &&
      list !== undefined &&
      list !== 'never-answers' &&
      'secrets' in list
    ) {
      const secret = list.secrets.find(({ name }) => `${name.toLowerCase()}/repositories` === selected);
      if (secret?.visibility !== 'selected')
        return send(response, 409, { message: 'Conflict', status: '409' });
      const repositories = (secret.repositories ?? []).map((fullName, index) =>
        repositoryJson(fullName, index),
      );
      return sendPage(response, url, 'repositories', repositories, options);
    }
  }
  return send(response, 404, { message: 'Not Found', status: '404' });
}

function sendList(response: ServerResponse, url: URL, list: StandInList, options: StandInOptions): void {
  if (list === 'never-answers') return;
  if ('status' in list) {
    response.writeHead(list.status, { 'content-type': 'application/json; charset=utf-8', ...list.headers });
    response.end(list.body ?? '{}');
    return;
  }
  const isRepository = url.pathname.includes('/repos/');
  const secrets = list.secrets.map(({ name, updatedAt, visibility = 'all' }) => ({
    name,
    created_at: '2019-08-10T14:59:22Z',
    updated_at: updatedAt,
    ...(isRepository ? {} : { visibility }),
    ...(visibility === 'selected'
      ? { selected_repositories_url: `${url.origin}${url.pathname}/${name}/repositories` }
      : {}),
  }));
  sendPage(response, url, 'secrets', secrets, options);
}

function sendPage(
  response: ServerResponse,
  url: URL,
  key: string,
  items: readonly object[],
  { pageSize = 100, links = 'header' }: StandInOptions,
): void {
  const perPage = Math.min(Number(url.searchParams.get('per_page') ?? 30), pageSize);
  const page = Number(url.searchParams.get('page') ?? 1);
  const isLast = page * perPage >= items.length;
  const next = new URL(url);
  next.searchParams.set('page', String(page + 1));
  const target = typeof links === 'object' ? links.foreign : next.href;
  const header =
    isLast || links === 'none' ? {} : { link: `<${url.href}>; rel="first", <${target}>; rel="next"` };
  send(
    response,
    200,
    { total_count: items.length, [key]: items.slice((page - 1) * perPage, page * perPage) },
    header,
  );
}

/** As large as a real one (about 6 KB), so that a page's bound is tested with what GitHub sends. */
function repositoryJson(fullName: string, index: number): object {
  const [owner = '', name = ''] = fullName.split('/');
  const urls = Array.from({ length: 46 }, (_, number) => [
    `url_${number}`,
    `https://api.github.com/repos/${fullName}/something-of-it{/number}${'x'.repeat(40)}`,
  ]);
  return {
    id: 1_296_269 + index,
    name,
    full_name: fullName,
    owner: { login: owner },
    ...Object.fromEntries(urls),
  };
}

function send(
  response: ServerResponse,
  status: number,
  json: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(json));
}
