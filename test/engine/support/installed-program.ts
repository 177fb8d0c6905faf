import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from './host.ts';
import { temporaryDirectory } from './temporary.ts';

export interface InstalledProgram extends AsyncDisposable {
  /** With both of our commands and nothing else of ours. */
  readonly folder: string;
  /** Adds a program of that name in front on PATH. */
  add(name: string, script: string): Promise<void>;
}

/** Puts the built `registry-login` and `docker-credential-registry-login` into a folder for PATH, as an installation does. */
export async function installProgram(): Promise<InstalledProgram> {
  const folder = await temporaryDirectory();
  const add = async (name: string, script: string): Promise<void> => {
    await writeFile(path.join(folder.path, name), script);
    await chmod(path.join(folder.path, name), 0o755);
  };
  await chmod(folder.path, 0o755);
  for (const name of ['registry-login', 'docker-credential-registry-login']) {
    await add(
      name,
      `#!/bin/sh\nexec "${process.execPath}" "${path.join(root, 'dist', `${name}.js`)}" "$@"\n`,
    );
  }
  return { folder: folder.path, add, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}
