import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

/** A manifest or an index with everything below it. */
export interface TestImage {
  readonly mediaType: string;
  readonly digest: string;
  readonly manifest: Buffer;
  /** Digest → layer or config. */
  readonly blobs: ReadonlyMap<string, Buffer>;
  /** The images that an index names. */
  readonly children: readonly TestImage[];
}

export interface TestFile {
  readonly content: string | Buffer;
  readonly mode?: number;
}

export interface ImageOptions {
  /** Path without a leading slash → content. */
  readonly files?: Readonly<Record<string, string | TestFile>>;
  readonly architecture?: string;
  readonly entrypoint?: readonly string[];
  readonly format?: 'oci' | 'docker';
}

/** A complete image of one layer that real clients can pull. */
export function buildImage(options: ImageOptions = {}): TestImage {
  const {
    files = { 'hello.txt': 'hello\n' },
    architecture = 'amd64',
    entrypoint,
    format = 'docker',
  } = options;
  const types = mediaTypes[format];
  const layerTar = tar(files);
  const layer = gzipSync(layerTar);
  const config = Buffer.from(
    JSON.stringify({
      architecture,
      os: 'linux',
      created: '2024-01-01T00:00:00Z',
      config: entrypoint === undefined ? {} : { Entrypoint: entrypoint },
      rootfs: { type: 'layers', diff_ids: [digestOf(layerTar)] },
      history: [{ created: '2024-01-01T00:00:00Z', created_by: 'test' }],
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: { mediaType: types.config, size: config.length, digest: digestOf(config) },
      layers: [{ mediaType: types.layer, size: layer.length, digest: digestOf(layer) }],
    }),
  );
  const blobs = new Map([config, layer].map((blob) => [digestOf(blob), blob]));
  return { mediaType: types.manifest, digest: digestOf(manifest), manifest, blobs, children: [] };
}

/** A multi-platform index over images of the given architectures. */
export function buildIndex(architectures: readonly string[], options: ImageOptions = {}): TestImage {
  const { format = 'oci' } = options;
  const children = architectures.map((architecture) => buildImage({ ...options, format, architecture }));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes[format].index,
      manifests: children.map((child, index) => ({
        mediaType: child.mediaType,
        size: child.manifest.length,
        digest: child.digest,
        platform: { architecture: architectures[index], os: 'linux' },
      })),
    }),
  );
  return {
    mediaType: mediaTypes[format].index,
    digest: digestOf(manifest),
    manifest,
    blobs: new Map(),
    children,
  };
}

const mediaTypes = {
  oci: {
    index: 'application/vnd.oci.image.index.v1+json',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  },
  docker: {
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
} as const;

function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** A POSIX tar archive of regular files, in 512-byte blocks. */
function tar(files: Readonly<Record<string, string | TestFile>>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, file]) => {
    const { content, mode = 0o644 } = typeof file === 'string' ? { content: file } : file;
    const bytes = Buffer.from(content);
    return [tarHeader(name, bytes.length, mode), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function tarHeader(name: string, size: number, mode: number): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
  header.write(name, 0, 100);
  header.write(octal(mode, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(size, 12), 124);
  header.write(octal(1_700_000_000, 12), 136);
  header.write(' '.repeat(8), 148);
  header.write('0', 156);
  header.write('ustar\u000000', 257);
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
