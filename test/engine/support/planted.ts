import { execa } from 'execa';
import { dockerProgram } from './host.ts';

/** A secret as it may stand in a file: raw, in JSON, in base64 by itself and behind a user's name as in a Docker config. */
export function formsOf(secret: string, username: string): string[] {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  // The last characters of base64 depend on what follows.
  const beginning = base64(secret).slice(0, Math.floor(Buffer.byteLength(secret) / 3) * 4);
  return [secret, JSON.stringify(secret).slice(1, -1), beginning, base64(`${username}:${secret}`)];
}

/** Which of the texts occur in what `docker export` or `docker save` prints: every file of every layer, and the image's own settings. */
export async function searchArchive(args: readonly string[], texts: readonly string[]): Promise<string[]> {
  const archive = execa(dockerProgram, args, { buffer: false, stdin: 'ignore', stderr: 'ignore' });
  const wanted = texts.map((text) => Buffer.from(text));
  const longest = Math.max(...wanted.map(({ length }) => length));
  const found = new Set<string>();
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of archive.stdout as AsyncIterable<Buffer>) {
    const window = Buffer.concat([rest, chunk]);
    wanted.forEach((text, index) => window.includes(text) && found.add(texts[index] ?? ''));
    rest = window.subarray(Math.max(0, window.length - longest));
  }
  await archive;
  return [...found];
}
