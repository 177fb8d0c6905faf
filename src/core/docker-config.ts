import { type AuthConfig, sameAuthConfig } from './auth-config.ts';
import { type JsonMember, type JsonNode, type JsonObject, printJson } from './json-text.ts';

/**
 * Docker's `config.json` as a value: edits return a new one, or the very same one where nothing changes. What is not `auths` or
 * `credHelpers` is carried along untouched. Go matches the names of fields without regard to case, lets a later one win and merges maps;
 * so does every function here (docker/cli v28 `cli/config/configfile/file.go`).
 */
export interface DockerConfig {
  readonly root: JsonObject;
}

type MapField = 'auths' | 'credHelpers';

/** The fields of an entry that a login replaces; any other is the user's. */
const entryFields = [
  'username',
  'password',
  'auth',
  'serveraddress',
  'identitytoken',
  'registrytoken',
] as const;

const credentialFields = ['username', 'password', 'auth', 'identitytoken'] as const;

/** What docker writes before `credHelpers`. */
const fieldsBeforeCredHelpers = new Set(
  [
    'auths',
    'HttpHeaders',
    'psFormat',
    'imagesFormat',
    'networksFormat',
    'pluginsFormat',
    'volumesFormat',
    'statsFormat',
    'detachKeys',
    'credsStore',
  ].map((name) => name.toLowerCase()),
);

export const emptyDockerConfig: DockerConfig = { root: { kind: 'object', members: [], offset: 0 } };

/** The keys of `auths`, sorted. */
export function authKeys(config: DockerConfig): string[] {
  return [...mapEntries(config, 'auths').keys()].toSorted(compareCodePoints);
}

/** The entry under exactly this key, or null. */
export function getAuth(config: DockerConfig, key: string): AuthConfig | null {
  const node = mapEntries(config, 'auths').get(key);
  return node === undefined ? null : toAuthConfig(node);
}

/**
 * The entry that docker would use for a key, under that key or under a legacy spelling of the same host such as `https://host/v1/`;
 * null where there is none (docker/cli v28 `cli/config/credentials/file_store.go` Get).
 */
export function findAuth(config: DockerConfig, key: string): { key: string; authConfig: AuthConfig } | null {
  const match = [key, ...authKeys(config).filter((other) => hostOfAuthKey(other) === key)].find(
    (candidate) => getAuth(config, candidate) !== null,
  );
  const authConfig = match === undefined ? null : getAuth(config, match);
  return match === undefined || authConfig === null ? null : { key: match, authConfig };
}

/**
 * `host[:port]` of a key of `auths`, as docker compares it: no scheme, no path, case kept
 * (docker/cli v28 `cli/config/credentials/file_store.go` ConvertToHostname).
 */
export function hostOfAuthKey(key: string): string {
  const rest = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#]+)/.exec(key)?.[1];
  if (rest === undefined) return key.split('/', 1)[0] ?? '';
  const [, bracketed, port] = /^\[([^\]]*)\](?::(\d*))?$/.exec(rest) ?? [];
  if (bracketed !== undefined && (port ?? '') === '') return bracketed;
  return rest.endsWith(':') ? rest.slice(0, -1) : rest;
}

/**
 * What an entry holds beside user name, password and identity token, as text that is the same whatever the order of its fields; null where
 * there is nothing else.
 */
export function otherAuthFields(config: DockerConfig, key: string): string | null {
  const node = mapEntries(config, 'auths').get(key);
  if (node?.kind !== 'object') return null;
  const isCredential = (name: string): boolean => credentialFields.some((field) => isNamed(name, field));
  const members = node.members.filter(({ name }) => !isCredential(name));
  if (members.length === 0) return null;
  return printJson({
    ...node,
    members: members.toSorted((one, other) => compareCodePoints(one.name, other.name)),
  });
}

export function setAuth(config: DockerConfig, key: string, authConfig: AuthConfig): DockerConfig {
  if (sameAuthConfig(getAuth(config, key), authConfig)) return config;
  const existing = mapEntries(config, 'auths').get(key);
  const kept = existing?.kind === 'object' ? existing.members.filter(({ name }) => !isEntryField(name)) : [];
  const members = entryFields.flatMap((name): JsonMember[] => {
    const value = name === 'serveraddress' ? undefined : authConfig[name];
    return value === undefined || value === '' ? [] : [{ name, value: stringNode(value) }];
  });
  return setMapEntry(config, 'auths', key, { kind: 'object', members: [...members, ...kept], offset: 0 });
}

export function removeAuth(config: DockerConfig, key: string): DockerConfig {
  return removeMapEntry(config, 'auths', key);
}

/** `credHelpers`: key → the helper's name without `docker-credential-`. */
export function credHelpers(config: DockerConfig): ReadonlyMap<string, string> {
  const entries = [...mapEntries(config, 'credHelpers')];
  return new Map(entries.map(([key, node]) => [key, node.kind === 'string' ? node.value : '']));
}

/** `credsStore`, or null where none is set. */
export function credsStore(config: DockerConfig): string | null {
  const node = lastField(config.root, 'credsStore');
  return node?.kind === 'string' && node.value !== '' ? node.value : null;
}

/**
 * The helper that docker asks for this key instead of `auths`, or null where it reads `auths`: an entry of `credHelpers`, be it empty,
 * goes before `credsStore` (docker/cli v28 `configfile/file.go` getConfiguredCredentialStore).
 */
export function helperFor(config: DockerConfig, key: string): string | null {
  const helper = credHelpers(config).get(key) ?? credsStore(config) ?? '';
  return helper === '' ? null : helper;
}

export function setCredHelper(config: DockerConfig, key: string, helper: string): DockerConfig {
  if (credHelpers(config).get(key) === helper) return config;
  return setMapEntry(config, 'credHelpers', key, stringNode(helper));
}

/** As docker does, an emptied `credHelpers` is left out, while an emptied `auths` stays. */
export function removeCredHelper(config: DockerConfig, key: string): DockerConfig {
  const edited = removeMapEntry(config, 'credHelpers', key);
  if (edited === config) return config;
  const members = edited.root.members.filter(({ name, value }) => {
    return !(isNamed(name, 'credHelpers') && value.kind === 'object' && value.members.length === 0);
  });
  return { root: { ...edited.root, members } };
}

/** The text that docker would write: tab indent, `auths` and `credHelpers` sorted, no newline at the end. */
export function serializeDockerConfig(config: DockerConfig): string {
  const members = config.root.members.map(({ name, value }) => {
    if (value.kind !== 'object' || !(isNamed(name, 'auths') || isNamed(name, 'credHelpers')))
      return { name, value };
    const sorted = value.members.toSorted((one, other) => compareCodePoints(one.name, other.name));
    return { name, value: { ...value, members: sorted } };
  });
  return printJson({ ...config.root, members });
}

/** The last member of this name, whatever its case, that is not null; a null leaves a field of Go's as it was. */
function lastField(object: JsonObject, name: string): JsonNode | undefined {
  return object.members.findLast((member) => isNamed(member.name, name) && member.value.kind !== 'null')
    ?.value;
}

export function isNamed(name: string, field: string): boolean {
  return name.toLowerCase() === field.toLowerCase();
}

function mapEntries(config: DockerConfig, field: MapField): Map<string, JsonNode> {
  const entries = new Map<string, JsonNode>();
  for (const { name, value } of config.root.members) {
    if (!isNamed(name, field) || value.kind !== 'object') continue;
    for (const member of value.members) entries.set(member.name, member.value);
  }
  return entries;
}

function setMapEntry(config: DockerConfig, field: MapField, key: string, value: JsonNode): DockerConfig {
  const members = [...removeMapEntry(config, field, key).root.members];
  const last = members.findLastIndex((member) => isNamed(member.name, field));
  const map = members[last];
  const entries = map?.value.kind === 'object' ? map.value.members : [];
  const edited: JsonMember = {
    name: map?.name ?? field,
    value: { kind: 'object', members: [...entries, { name: key, value }], offset: 0 },
  };
  if (map !== undefined) members[last] = edited;
  else members.splice(field === 'auths' ? 0 : placeOfCredHelpers(members), 0, edited);
  return { root: { ...config.root, members } };
}

function removeMapEntry(config: DockerConfig, field: MapField, key: string): DockerConfig {
  if (!mapEntries(config, field).has(key)) return config;
  const members = config.root.members.map(({ name, value }): JsonMember => {
    if (!isNamed(name, field) || value.kind !== 'object') return { name, value };
    return { name, value: { ...value, members: value.members.filter((member) => member.name !== key) } };
  });
  return { root: { ...config.root, members } };
}

function placeOfCredHelpers(members: readonly JsonMember[]): number {
  return members.findLastIndex(({ name }) => fieldsBeforeCredHelpers.has(name.toLowerCase())) + 1;
}

function toAuthConfig(node: JsonNode): AuthConfig {
  if (node.kind !== 'object') return {};
  const fields = entryFields.flatMap((name): [string, string][] => {
    const value = lastField(node, name);
    return value?.kind === 'string' && name !== 'serveraddress' ? [[name, value.value]] : [];
  });
  return Object.fromEntries(fields);
}

function isEntryField(name: string): boolean {
  return entryFields.some((field) => isNamed(name, field));
}

function stringNode(value: string): JsonNode {
  return { kind: 'string', value, offset: 0 };
}

/** Go sorts the keys of a map by their UTF-8 bytes, which is the order of code points. */
function compareCodePoints(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
