import { type DockerConfig, emptyDockerConfig, isNamed } from './docker-config.ts';
import {
  decodeUtf8,
  type JsonNode,
  type JsonObject,
  JsonSyntaxError,
  parseJson,
  positionAt,
  type TextPosition,
} from './json-text.ts';

/** The text is no Docker config. `message` names what is wrong and the place, never a value. */
export class DockerConfigError extends Error {
  readonly kind: 'syntax' | 'shape';
  readonly position: TextPosition;

  constructor(kind: DockerConfigError['kind'], message: string, position: TextPosition) {
    super(message);
    this.name = 'DockerConfigError';
    this.kind = kind;
    this.position = position;
  }
}

/**
 * A config from the bytes of `config.json`. Nothing, white space only and `null` are an empty config, as docker has it; a byte order mark,
 * which docker refuses, is accepted. Throws DockerConfigError.
 */
export function parseDockerConfig(contents: Uint8Array): DockerConfig {
  try {
    const text = decodeUtf8(contents);
    const node = parseJson(text);
    if (node === null || node.kind === 'null') return emptyDockerConfig;
    return { root: new ShapeCheck(text).checkRoot(node) };
  } catch (error) {
    if (error instanceof JsonSyntaxError)
      throw new DockerConfigError('syntax', error.message, error.position);
    throw error;
  }
}

/** The types of docker/cli v28 `configfile/file.go` and `types/authconfig.go`, for the fields that this program reads. */
class ShapeCheck {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  checkRoot(node: JsonNode): JsonObject {
    const root = this.#object(node, 'the file');
    for (const { name, value } of root.members) {
      if (isNamed(name, 'credsStore')) this.#string(value, '"credsStore"');
      if (isNamed(name, 'auths')) this.#checkAuths(value);
      if (isNamed(name, 'credHelpers')) this.#checkCredHelpers(value);
    }
    return root;
  }

  #checkAuths(node: JsonNode): void {
    if (node.kind === 'null') return;
    for (const { name: key, value: entry } of this.#object(node, '"auths"').members) {
      if (entry.kind === 'null') continue;
      const place = `"auths"[${quoteName(key)}]`;
      for (const { name, value } of this.#object(entry, place).members) {
        const field = ['username', 'password', 'auth', 'identitytoken', 'registrytoken'].find((known) =>
          isNamed(name, known),
        );
        if (field !== undefined) this.#string(value, `"${field}" of ${place}`);
      }
    }
  }

  #checkCredHelpers(node: JsonNode): void {
    if (node.kind === 'null') return;
    for (const { name, value } of this.#object(node, '"credHelpers"').members) {
      this.#string(value, `"credHelpers"[${quoteName(name)}]`);
    }
  }

  #object(node: JsonNode, place: string): JsonObject {
    return node.kind === 'object' ? node : this.#fail(node, place, 'an object');
  }

  #string(node: JsonNode, place: string): void {
    if (node.kind !== 'string' && node.kind !== 'null') this.#fail(node, place, 'a string');
  }

  #fail(node: JsonNode, place: string, expected: string): never {
    const article = /^[aeiou]/.test(node.kind) ? 'an' : 'a';
    const message = `${place} must be ${expected}, not ${article} ${node.kind}`;
    throw new DockerConfigError('shape', message, positionAt(this.#text, node.offset));
  }
}

/** A key for a terminal: quoted, without control characters, of bounded length. */
function quoteName(name: string): string {
  const printable = name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
  return JSON.stringify(printable.length > 80 ? `${printable.slice(0, 80)}…` : printable);
}
