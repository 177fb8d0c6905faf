import { fstatSync, readSync, writeSync } from 'node:fs';
import type { Output } from './system.ts';

const openedStreams: NodeJS.WriteStream[] = [];

/**
 * What is on standard input, to its end. A file or pipe is read at once, since the credential helper has nothing to do before; `open` gives
 * Node's stream for the rest.
 */
export async function* readInput(open: () => NodeJS.ReadStream): AsyncGenerator<Uint8Array> {
  if (isFileOrPipe(0)) {
    try {
      for (;;) {
        const chunk = Buffer.allocUnsafe(64 * 1024);
        const length = readSync(0, chunk);
        if (length === 0) return;
        yield chunk.subarray(0, length);
      }
    } catch (error) {
      // Nothing there yet, and the writer asked for reads that do not wait.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
  yield* open() as AsyncIterable<Uint8Array>;
}

/**
 * An output that opens Node's stream for a terminal only. Files and pipes are written to as that stream would, at once, and without the
 * milliseconds that it takes to load.
 */
export function outputOf(fd: 1 | 2, open: () => NodeJS.WriteStream): Output {
  let opened: NodeJS.WriteStream | null = null;
  const stream = (): NodeJS.WriteStream => {
    // A reader that went away (| head) is no error of ours.
    opened ??= open().on('error', () => {});
    if (!openedStreams.includes(opened)) openedStreams.push(opened);
    return opened;
  };
  const isPlain = isFileOrPipe(fd);
  return {
    get isTTY() {
      return !isPlain && stream().isTTY;
    },
    get columns() {
      return isPlain ? 80 : (stream().columns ?? 80);
    },
    write(text) {
      const rest = isPlain && opened === null ? writeNow(fd, Buffer.from(text)) : text;
      if (rest !== null) stream().write(rest);
    },
  };
}

function isFileOrPipe(fd: number): boolean {
  try {
    const found = fstatSync(fd);
    return found.isFile() || found.isFIFO() || found.isSocket();
  } catch {
    return false;
  }
}

/** Returns what the reader of a pipe that must not block has no room for yet. */
function writeNow(fd: number, bytes: Uint8Array): Uint8Array | null {
  for (let rest = bytes; rest.length > 0;) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'EAGAIN' ? rest : null;
    }
  }
  return null;
}

/** Ends when all that was written has left the process. */
export async function drainOutputs(): Promise<void> {
  await Promise.all(openedStreams.map(drained));
}

async function drained(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0) return;
  await new Promise<void>((resolve) => stream.write('', () => resolve()));
}
