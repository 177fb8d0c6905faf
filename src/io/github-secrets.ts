import * as z from 'zod/mini';
import type { ListedSecret, ListSource, SecretList } from '../core/github-lists.ts';
import { githubApi, githubApiBase, githubToken, type GithubApi, mayAskGithub } from './github-api.ts';
import { readPages, withQuery } from './github-pages.ts';
import type { HttpClient } from './http.ts';
import type { Environment } from './system.ts';

export interface ListRequest {
  readonly env: Environment;
  readonly http: HttpClient;
  /** Bounds everything; what has not come by then is a gap. */
  readonly signal: AbortSignal;
  /** Only these names are returned. */
  readonly isWanted: (name: string) => boolean;
  /** For which wanted secrets does it matter whether this repository gets them? Each costs a request or more. Default: all. */
  readonly needsGrant?: (name: string, updatedAt: number | null) => boolean;
}

/** 100 secrets are GitHub's limit in each place; more pages than this are not GitHub's. */
const maxSecretPages = 10;
/** A repository takes about 6 KB of JSON, and an answer may have 128 KiB. */
const repositoriesPerPage = 10;
const maxRepositoryPages = 30;
const parallelGrants = 6;

const listSchema = z.object({
  total_count: z.optional(z.number()),
  secrets: z.array(
    z.object({ name: z.string(), updated_at: z.optional(z.string()), visibility: z.optional(z.string()) }),
  ),
});
const repositoriesSchema = z.object({ repositories: z.array(z.object({ full_name: z.string() })) });
const repositorySchema = z.object({ private: z.boolean() });
const accountSchema = z.object({ type: z.string() });

interface Place {
  readonly source: ListSource;
  readonly path: string;
  /** What a token needs: classic scope first, then the permission of a fine-grained one (docs.github.com/rest/codespaces). */
  readonly permission: string;
}

interface Repository {
  readonly owner: string;
  readonly name: string;
}

/**
 * Asks GitHub, all places at once, which Codespaces secrets there are: the user's, the repository's and its organisation's.
 * Returns one list for each place that was asked, in that order: none where GitHub is not to be asked (`mayAskGithub`, or no token),
 * no repository's and organisation's without a usable `GITHUB_REPOSITORY`, and an empty one for the organisation of a personal account.
 * Whatever keeps a list from being known is its `gap`. Sources: docs.github.com/rest/codespaces/{secrets,repository-secrets,organization-secrets}.
 */
export async function listCodespacesSecrets(request: ListRequest): Promise<SecretList[]> {
  const { env } = request;
  const token = githubToken(env);
  if (!mayAskGithub(env) || token === null) return [];
  const repository = repositoryOf(env);
  const places = placesFor(repository);
  const base = githubApiBase(env);
  if ('refused' in base) return places.map(({ source }) => ({ source, secrets: [], gap: base.refused }));
  const api = githubApi(base, token, request.http, request.signal);
  const isOwnAccount = repository !== null && sameName(repository.owner, env['GITHUB_USER'] ?? '');
  return Promise.all(
    places.map(async (place): Promise<SecretList> => {
      const isSkipped = place.source === 'github-organization' && isOwnAccount;
      return isSkipped
        ? { source: place.source, secrets: [], gap: null }
        : await listPlace(api, place, repository, request);
    }),
  );
}

function placesFor(repository: Repository | null): Place[] {
  const user: Place = {
    source: 'github-user',
    path: '/user/codespaces/secrets',
    permission: 'the scope codespace:secrets (fine-grained: "Codespaces user secrets", read)',
  };
  if (repository === null) return [user];
  const owner = encodeURIComponent(repository.owner);
  return [
    user,
    {
      source: 'github-repository',
      path: `/repos/${owner}/${encodeURIComponent(repository.name)}/codespaces/secrets`,
      permission: 'the repository permission "Codespaces secrets" (classic: the scope repo)',
    },
    {
      source: 'github-organization',
      path: `/orgs/${owner}/codespaces/secrets`,
      permission: 'the scope admin:org (fine-grained: "Organization codespaces secrets", read)',
    },
  ];
}

async function listPlace(
  api: GithubApi,
  place: Place,
  repository: Repository | null,
  { isWanted, needsGrant }: ListRequest,
): Promise<SecretList> {
  const { source } = place;
  const { items, refused, words } = await readPages(
    api,
    withQuery(api.url(place.path), 100),
    maxSecretPages,
    (json) => {
      const page = listSchema.safeParse(json);
      return page.success ? { items: page.data.secrets, total: page.data.total_count ?? null } : null;
    },
  );
  if (refused === 'permission' && source === 'github-organization' && (await isPersonal(api, repository))) {
    return { source, secrets: [], gap: null };
  }
  const found = new Map<string, { updatedAt: number | null; visibility: string }>();
  for (const { name, updated_at, visibility } of items) {
    // A name that is no variable's could not be set, and might not be printable.
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || !isWanted(name)) continue;
    found.set(name, { updatedAt: toTime(updated_at), visibility: visibility ?? 'all' });
  }
  const secrets = await mapBounded(
    [...found],
    async ([name, { updatedAt, visibility }]): Promise<ListedSecret> => {
      const matters = needsGrant?.(name, updatedAt) ?? true;
      const granted = matters ? await isGranted(api, place, repository, name, visibility) : null;
      return { name, updatedAt, granted };
    },
  );
  if (words === null) return { source, secrets, gap: null };
  const advice =
    refused === 'permission' ? `; ${place.permission} would do, in REGISTRY_LOGIN_GITHUB_TOKEN` : '';
  return { source, secrets, gap: `${words}${advice}.` };
}

/** Null where it cannot be found out. A repository's own secrets always reach it. */
async function isGranted(
  api: GithubApi,
  place: Place,
  repository: Repository | null,
  secret: string,
  visibility: string,
): Promise<boolean | null> {
  if (place.source === 'github-repository' || visibility === 'all') return true;
  if (repository === null) return null;
  const { owner, name } = repository;
  if (visibility === 'private') {
    const answer = await api.get(api.url(`/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`));
    const parsed = 'json' in answer ? repositorySchema.safeParse(answer.json) : null;
    return parsed?.success ? parsed.data.private : null;
  }
  if (visibility !== 'selected') return null;
  // `selected_repositories_url` says the same; an address from an answer is not needed.
  const first = withQuery(
    api.url(`${place.path}/${encodeURIComponent(secret)}/repositories`),
    repositoriesPerPage,
  );
  const isThis = (fullName: string) => sameName(fullName, `${owner}/${name}`);
  const { items, words } = await readPages(
    api,
    first,
    maxRepositoryPages,
    (json) => {
      const page = repositoriesSchema.safeParse(json);
      return page.success
        ? { items: page.data.repositories.map((entry) => entry.full_name), total: null }
        : null;
    },
    (names) => names.some(isThis),
  );
  if (items.some(isThis)) return true;
  return words === null ? false : null;
}

/** A personal account has no organisation secrets; its 404 says nothing about permissions. */
async function isPersonal(api: GithubApi, repository: Repository | null): Promise<boolean> {
  if (repository === null) return false;
  const answer = await api.get(api.url(`/users/${encodeURIComponent(repository.owner)}`));
  const account = 'json' in answer ? accountSchema.safeParse(answer.json) : null;
  return account?.success === true && account.data.type === 'User';
}

function repositoryOf(env: Environment): Repository | null {
  const match = /^([A-Za-z0-9_-]+)\/([A-Za-z0-9._-]+)$/.exec(env['GITHUB_REPOSITORY'] ?? '');
  const [, owner, name] = match ?? [];
  // `.` and `..` would climb in the request's path.
  return owner === undefined || name === undefined || /^\.{1,2}$/.test(name) ? null : { owner, name };
}

/** Names of accounts and repositories are not case-sensitive (docs.github.com/rest, "Path parameters"). */
function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function toTime(iso: string | undefined): number | null {
  const time = Date.parse(iso ?? '');
  return Number.isNaN(time) ? null : time;
}

async function mapBounded<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += parallelGrants) {
    results.push(...(await Promise.all(items.slice(from, from + parallelGrants).map(work))));
  }
  return results;
}
