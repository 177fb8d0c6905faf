/**
 * JSON read without loss and written as Go's encoding/json writes it: members keep their order and their duplicates, numbers their
 * digits, and `__proto__` is a name like any other. Errors give a position, never a piece of the text.
 */
export type JsonNode = JsonObject | JsonArray | JsonString | JsonScalar;

export interface JsonMember {
  readonly name: string;
  readonly value: JsonNode;
}

export interface JsonObject {
  readonly kind: 'object';
  readonly members: readonly JsonMember[];
  readonly offset: number;
}

export interface JsonArray {
  readonly kind: 'array';
  readonly items: readonly JsonNode[];
  readonly offset: number;
}

export interface JsonString {
  readonly kind: 'string';
  readonly value: string;
  readonly offset: number;
}

export interface JsonScalar {
  readonly kind: 'number' | 'boolean' | 'null';
  /** As it was written: a number may have more digits than a double holds. */
  readonly source: string;
  readonly offset: number;
}

/** Both count from 1; a column counts characters, not bytes. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** The text is not JSON. `message` says what was expected, and holds nothing of the text. */
export class JsonSyntaxError extends Error {
  readonly position: TextPosition;

  constructor(message: string, position: TextPosition) {
    super(message);
    this.name = 'JsonSyntaxError';
    this.position = position;
  }
}

/** Deeper than any real config, and far from the end of the stack. */
const maxDepth = 500;
const byteOrderMark = '\ufeff';

export function positionAt(text: string, offset: number): TextPosition {
  const before = text.slice(0, offset).replace(byteOrderMark, '');
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: Array.from(before.slice(lineStart)).length + 1 };
}

/** The text of UTF-8 bytes. Throws JsonSyntaxError where they are not UTF-8: written back, such bytes would be lost. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const lenient = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    throw new JsonSyntaxError('it is not valid UTF-8', positionAt(lenient, lenient.indexOf('\ufffd')));
  }
}

/** The only value in `text`, or null where there is none (nothing, or white space only). A byte order mark is accepted. */
export function parseJson(text: string): JsonNode | null {
  const reader = new JsonReader(text);
  return reader.readDocument();
}

class JsonReader {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readDocument(): JsonNode | null {
    if (this.#text.startsWith(byteOrderMark)) this.#offset = 1;
    this.#skipSpace();
    if (this.#offset === this.#text.length) return null;
    const node = this.#readValue(0);
    this.#skipSpace();
    if (this.#offset < this.#text.length) this.#fail('expected the end of the file');
    return node;
  }

  #readValue(depth: number): JsonNode {
    if (depth > maxDepth) this.#fail(`nested more than ${maxDepth} levels deep`);
    const offset = this.#offset;
    const next = this.#text[offset];
    if (next === '{') return { kind: 'object', members: this.#readMembers(depth), offset };
    if (next === '[') return { kind: 'array', items: this.#readItems(depth), offset };
    if (next === '"') return { kind: 'string', value: this.#readString(), offset };
    const word = this.#match(/true|false|null/y);
    if (word !== null) return { kind: word === 'null' ? 'null' : 'boolean', source: word, offset };
    const digits = this.#match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    if (digits !== null) return { kind: 'number', source: digits, offset };
    return this.#fail('expected a value');
  }

  #readMembers(depth: number): JsonMember[] {
    const members: JsonMember[] = [];
    this.#offset += 1;
    this.#skipSpace();
    if (this.#accept('}')) return members;
    for (;;) {
      if (this.#text[this.#offset] !== '"') this.#fail('expected a name in double quotes');
      const name = this.#readString();
      this.#skipSpace();
      if (!this.#accept(':')) this.#fail("expected ':' after a name");
      this.#skipSpace();
      members.push({ name, value: this.#readValue(depth + 1) });
      this.#skipSpace();
      if (this.#accept('}')) return members;
      if (!this.#accept(',')) this.#fail("expected ',' or '}'");
      this.#skipSpace();
    }
  }

  #readItems(depth: number): JsonNode[] {
    const items: JsonNode[] = [];
    this.#offset += 1;
    this.#skipSpace();
    if (this.#accept(']')) return items;
    for (;;) {
      items.push(this.#readValue(depth + 1));
      this.#skipSpace();
      if (this.#accept(']')) return items;
      if (!this.#accept(',')) this.#fail("expected ',' or ']'");
      this.#skipSpace();
    }
  }

  #readString(): string {
    const start = this.#offset;
    this.#offset += 1;
    for (;;) {
      this.#match(/[^"\\\u0000-\u001f]+/y);
      if (this.#accept('"')) break;
      if (this.#match(/\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y) !== null) continue;
      if (this.#offset === this.#text.length) this.#fail('a string does not end');
      this.#fail(
        this.#text[this.#offset] === '\\' ? 'not an escape of JSON' : 'a control character in a string',
      );
    }
    return JSON.parse(this.#text.slice(start, this.#offset)) as string;
  }

  #skipSpace(): void {
    this.#match(/[ \t\r\n]+/y);
  }

  #accept(character: string): boolean {
    if (this.#text[this.#offset] !== character) return false;
    this.#offset += 1;
    return true;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#offset += found.length;
    return found;
  }

  #fail(message: string): never {
    const ended = this.#offset >= this.#text.length && !message.includes('end');
    throw new JsonSyntaxError(
      ended ? `it ends too early: ${message}` : message,
      positionAt(this.#text, this.#offset),
    );
  }
}

/** Go's `json.MarshalIndent(value, "", "\t")`: no newline at the end. */
export function printJson(node: JsonNode, indent = ''): string {
  const deeper = `${indent}\t`;
  switch (node.kind) {
    case 'object': {
      const lines = node.members.map(
        ({ name, value }) => `${deeper}${quote(name)}: ${printJson(value, deeper)}`,
      );
      return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`;
    }
    case 'array': {
      const lines = node.items.map((item) => `${deeper}${printJson(item, deeper)}`);
      return lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n${indent}]`;
    }
    case 'string':
      return quote(node.value);
    case 'number':
    case 'boolean':
    case 'null':
      return node.source;
  }
}

/** Go's encoding/json escapes what HTML and JavaScript would trip over. A lone surrogate, which Go would replace, is kept. */
function quote(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
