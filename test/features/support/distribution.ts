import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fakeNode } from './sandbox.ts';

/** The version that the installer asks for. */
export const pinned = '24.19.0';

/** What stands in for that version's `bin/node`. */
export const node24 = `#!/bin/sh\n${fakeNode(`v${pinned}`)}\n`;

export interface Release {
  /** Without the `v`. */
  readonly version: string;
  /** `x64` or `arm64`. */
  readonly arch?: string;
  /** The text of `bin/node`. */
  readonly node: string;
  /** What `SHASUMS256.txt` says of the archive; `null` leaves it out. */
  readonly listedSum?: string | null;
}

/**
 * Adds one release to a folder in the layout of https://nodejs.org/dist: `v<version>/node-v<version>-linux-<arch>.tar.gz` and
 * `v<version>/SHASUMS256.txt`.
 *
 * @returns the archive's path and SHA-256
 */
export async function addRelease(
  distribution: string,
  { version, arch = 'x64', node, listedSum }: Release,
): Promise<{ archive: string; sha256: string }> {
  const folder = join(distribution, `v${version}`);
  const name = `node-v${version}-linux-${arch}`;
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, 'work-'));
  await mkdir(join(work, name, 'bin'), { recursive: true });
  await mkdir(join(work, name, 'lib/node_modules/npm'), { recursive: true });
  await writeFile(join(work, name, 'LICENSE'), 'the licence of Node.js\n');
  await writeFile(join(work, name, 'bin/node'), node);
  await chmod(join(work, name, 'bin/node'), 0o700);
  const archive = join(folder, `${name}.tar.gz`);
  execFileSync('tar', ['-C', work, '-czf', archive, name]);
  await rm(work, { recursive: true });
  const sha256 = createHash('sha256')
    .update(await readFile(archive))
    .digest('hex');
  const sums = [`${'0'.repeat(64)}  ${name}.tar.xz\n`];
  if (listedSum !== null) sums.push(`${listedSum ?? sha256}  ${name}.tar.gz\n`);
  await appendFile(join(folder, 'SHASUMS256.txt'), sums.join(''));
  return { archive, sha256 };
}

export interface Mirror extends AsyncDisposable {
  readonly url: string;
  /** The paths that were asked for. */
  readonly requests: string[];
}

/** Serves a folder on loopback. */
export async function serve(folder: string): Promise<Mirror> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.push(path);
    readFile(join(folder, path)).then(
      (body) => response.end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The mirror has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** All files below a folder, sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}
