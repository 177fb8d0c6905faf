import type { GithubApi } from './github-api.ts';

export interface Pages<Item> {
  readonly items: readonly Item[];
  readonly refused: 'permission' | 'other' | null;
  /** What is missing, without a full stop; null when all came. */
  readonly words: string | null;
}

/** Follows `rel="next"`, and without a Link header counts pages up to `total`, until `isEnough` or the last page. */
export async function readPages<Item>(
  api: GithubApi,
  first: URL,
  maxPages: number,
  parse: (json: unknown) => { items: readonly Item[]; total: number | null } | null,
  isEnough: (items: readonly Item[]) => boolean = () => false,
): Promise<Pages<Item>> {
  const items: Item[] = [];
  let url = first;
  for (let page = 1; page <= maxPages; page += 1) {
    const answer = await api.get(url);
    if ('refused' in answer) {
      const part = page === 1 ? '' : `only ${page - 1} of its pages came: `;
      return { items, refused: page === 1 ? answer.refused : 'other', words: `${part}${answer.words}` };
    }
    const parsed = parse(answer.json);
    if (parsed === null) {
      return { items, refused: 'other', words: 'GitHub answered in a form that is not understood' };
    }
    items.push(...parsed.items);
    if (isEnough(parsed.items)) return { items, refused: null, words: null };
    if (answer.foreignNext) {
      return {
        items,
        refused: 'other',
        words: 'the next page of the list is at another origin, which gets no token',
      };
    }
    const isMore = parsed.total !== null && items.length < parsed.total && parsed.items.length > 0;
    if (answer.next === null && !isMore) return { items, refused: null, words: null };
    url = answer.next ?? withQuery(first, null, page + 1);
  }
  return { items, refused: 'other', words: `the list has more than ${maxPages} pages` };
}

/** Asks for that many items a page, and for a certain page. */
export function withQuery(url: URL, perPage: number | null, page?: number): URL {
  const result = new URL(url);
  if (perPage !== null) result.searchParams.set('per_page', String(perPage));
  if (page !== undefined) result.searchParams.set('page', String(page));
  return result;
}
