import type { ServerResponse } from 'node:http';
import type { TestImage } from './image.ts';

export interface TestRepository {
  /** Tag → image. Every image can be had by its digest too. */
  readonly tags: Readonly<Record<string, TestImage>>;
  /** Users who may pull; all users where left out. */
  readonly readers?: readonly string[];
  /** Anybody may pull. */
  readonly isPublic?: boolean;
}

/** One HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

/** What a repository holds under a tag, a digest or for all tags. */
export function pull(repository: TestRepository, kind: string, reference: string): Answer {
  if (kind === 'tags') return json(200, { tags: Object.keys(repository.tags) });
  const images = Object.values(repository.tags).flatMap((image) => [image, ...image.children]);
  if (kind === 'blobs') {
    const blob = images.map(({ blobs }) => blobs.get(reference)).find((found) => found !== undefined);
    if (blob === undefined) return error(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    return {
      status: 200,
      headers: { 'content-type': 'application/octet-stream', 'docker-content-digest': reference },
      body: blob,
    };
  }
  const tagged = Object.hasOwn(repository.tags, reference) ? repository.tags[reference] : undefined;
  const image = tagged ?? images.find(({ digest }) => digest === reference);
  if (image === undefined) return error(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  const headers = { 'content-type': image.mediaType, 'docker-content-digest': image.digest };
  return { status: 200, headers, body: image.manifest };
}

/** An answer in JSON. */
export function json(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** An error as the OCI distribution-spec writes it. */
export function error(status: number, code: string, message: string): Answer {
  return json(status, { errors: [{ code, message }] });
}

/** Writes an answer with a length of its own. */
export function send(response: ServerResponse, { status, headers = {}, body = '' }: Answer): void {
  response.statusCode = status;
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  for (const [name, value] of Object.entries(headers)) {
    response.setHeader(name, typeof value === 'string' ? value : [...value]);
  }
  if (!response.hasHeader('content-length')) response.setHeader('content-length', Buffer.byteLength(body));
  response.end(body);
}
