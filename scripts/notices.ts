import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The licences of everything that is bundled, as one text. `inputs` are the bundled files' paths as esbuild's metafile has them.
 *
 * @throws Error when a package that is bundled names no licence.
 */
export async function thirdPartyNotices(root: string, inputs: readonly string[]): Promise<string> {
  const folders = new Set(
    inputs.flatMap((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []),
  );
  const notices = [...folders].toSorted().map((folder) => notice(join(root, folder)));
  return `registry-login bundles these packages.\n\n${(await Promise.all(notices)).join('\n')}`;
}

async function notice(folder: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Record<
    'name' | 'version' | 'license',
    string | undefined
  >;
  const { name, version, license } = manifest;
  if (typeof license !== 'string') throw new Error(`${name} names no licence; it cannot be bundled.`);
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice)\b/i.test(file)).toSorted();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return [
    `${'-'.repeat(80)}\n${name} ${version} (${license})\n`,
    ...texts.map((text) => `${text.trim()}\n`),
  ].join('\n');
}
