/**
 * Prints the SBOM (SPDX JSON) of the npm package and the Feature: what is bundled, and none of the tools that build and test it.
 * The list is that of dist/THIRD-PARTY-NOTICES.txt, the details are those of `npm sbom`.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

export interface SpdxPackage {
  readonly SPDXID: string;
  readonly name: string;
  readonly versionInfo: string;
}

export interface SpdxDocument {
  readonly SPDXID: string;
  readonly packages: readonly SpdxPackage[];
  readonly documentDescribes: readonly string[];
  readonly relationships: readonly {
    readonly spdxElementId: string;
    readonly relatedSpdxElement: string;
    readonly relationshipType: string;
  }[];
}

/**
 * The document with what it describes and what is bundled in it.
 *
 * @throws Error when something is bundled that the document does not know.
 */
export function keepBundled<T extends SpdxDocument>(document: T, notices: string): T {
  const [described = ''] = document.documentDescribes;
  const bundled = [...notices.matchAll(/^-{80}\n(\S+) (\S+) \(/gm)].map(([, name = '', version = '']) => ({
    name,
    version,
  }));
  const packages = bundled.map(({ name, version }) => {
    const found = document.packages.find((one) => one.name === name && one.versionInfo === version);
    if (found === undefined) throw new Error(`npm sbom does not know ${name} ${version}, which is bundled.`);
    return found;
  });
  const own = document.packages.filter(({ SPDXID }) => SPDXID === described);
  return {
    ...document,
    packages: [...own, ...packages],
    relationships: [
      { spdxElementId: document.SPDXID, relatedSpdxElement: described, relationshipType: 'DESCRIBES' },
      ...packages.map(({ SPDXID }) => ({
        spdxElementId: described,
        relatedSpdxElement: SPDXID,
        relationshipType: 'CONTAINS',
      })),
    ],
  };
}

async function main(): Promise<void> {
  const cwd = path.join(import.meta.dirname, '..');
  const { stdout } = await promisify(execFile)(
    'npm',
    ['sbom', '--package-lock-only', '--sbom-format', 'spdx', '--sbom-type', 'application'],
    {
      cwd,
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  const notices = await readFile(path.join(cwd, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
  console.log(JSON.stringify(keepBundled(JSON.parse(stdout) as SpdxDocument, notices), null, 2));
}

if (import.meta.main) await main();
