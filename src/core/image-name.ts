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
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const digestPattern = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/**
 * Reads an image's name after distribution/reference v0.6 (`normalize.go` splitDockerDomain, `regexp.go`): without a host it is on Docker
 * Hub, there a single word is in `library/`, and without a tag it is `latest`. Returns the reason where it is none.
 */
export function parseImageName(text: string): ImageReference | { readonly error: string } {
  const [name, digest] = splitAt(text, '@');
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const hasHost = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase();
  const host = parseRegistryHost(hasHost ? first : 'docker.io');
  if ('error' in host) return { error: 'its part before the first slash is no host of a registry' };
  const path = hasHost ? name.slice(slash + 1) : name;
  const colon = path.lastIndexOf(':');
  const [repository, tag] = colon === -1 ? [path, null] : [path.slice(0, colon), path.slice(colon + 1)];
  if (repository !== repository.toLowerCase()) return { error: 'a repository has no capital letters' };
  if (!repositoryPattern.test(repository)) return { error: 'it is not the name of an image' };
  if (tag !== null && !tagPattern.test(tag)) return { error: 'its tag is not valid' };
  if (digest !== undefined && !digestPattern.test(digest)) return { error: 'its digest is not valid' };
  const isOnHub = host.host === 'registry-1.docker.io';
  return {
    host,
    repository: isOnHub && !repository.includes('/') ? `library/${repository}` : repository,
    reference: digest ?? tag ?? 'latest',
  };
}

function splitAt(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
