import { parseRegistryHost, type RegistryHost } from './registry-host.ts';

/** An image as docker reads its name. */
export interface ImageReference {
  readonly host: RegistryHost;
  /** Such as `library/alpine`. */
  readonly repository: string;
  /** A tag, or a digest, which wins where both are given. */
  readonly reference: string;
}

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const repositoryPattern = new RegExp(`^${component}(?:/${component})*$`);
const maxRepositoryCharacters = 255;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
/** opencontainers/go-digest v1.0 `algorithm.go`: hexadecimal digits per algorithm. */
const digestPattern = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;

/**
 * Reads an image's name after distribution/reference v0.6 (`normalize.go`, `regexp.go`): without a host it is on Docker Hub, there a
 * single word is in `library/`, and without a tag it is `latest`. Returns the reason where it is none; the reason does not repeat it.
 */
export function parseImageName(text: string): ImageReference | { readonly error: string } {
  if (text.includes('://')) return { error: 'the name of an image has no scheme' };
  if (/^[0-9a-f]{64}$/.test(text)) return { error: 'it is an image ID, which no registry knows' };
  const [name, digest] = splitAt(text, text.indexOf('@'));
  const [domain, path] = splitDomain(name);
  const host = parseRegistryHost(domain ?? 'docker.io');
  if ('error' in host) return { error: "the part before the first slash is not a registry's host" };
  const [repository, tag] = splitAt(path, path.indexOf(':'));
  if (repository !== repository.toLowerCase())
    return { error: 'the name of a repository has no capital letters' };
  if (repository.length > maxRepositoryCharacters) return { error: 'the name of its repository is too long' };
  if (!repositoryPattern.test(repository)) return { error: 'it is not the name of an image' };
  if (tag !== undefined && !tagPattern.test(tag)) return { error: 'its tag is not valid' };
  if (digest !== undefined && !digestPattern.test(digest)) return { error: 'its digest is not valid' };
  const isOfficial = host.host === 'registry-1.docker.io' && !repository.includes('/');
  return {
    host,
    repository: isOfficial ? `library/${repository}` : repository,
    reference: digest ?? tag ?? 'latest',
  };
}

/** `localhost`, a name with a dot, a port or a capital letter before the first slash is a host; anything else is Docker Hub's. */
function splitDomain(name: string): [domain: string | null, path: string] {
  const [first, rest] = splitAt(name, name.indexOf('/'));
  if (rest === undefined) return [null, name];
  const isDomain = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase();
  return isDomain ? [first, rest] : [null, name];
}

function splitAt(text: string, at: number): [string, string | undefined] {
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
