/**
 * Before a release: is the tag what every file says that names the version, and do the links lead to this repository?
 *
 * `node scripts/release-check.ts v1.2.3 owner/repository` prints the changelog's section of this version, for the release's notes.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

export interface ReleaseFacts {
  /** `v1.2.3`. */
  readonly tag: string;
  /** `owner/repository` on GitHub. */
  readonly repository: string;
  readonly packageJson: { readonly version: string; readonly repository: { readonly url: string } };
  readonly feature: {
    readonly version: string;
    readonly documentationURL: string;
    readonly licenseURL: string;
  };
  readonly changelog: string;
}

/** Everything that stands against releasing under this tag; empty where nothing does. */
export function findReleaseProblems({
  tag,
  repository,
  packageJson,
  feature,
  changelog,
}: ReleaseFacts): string[] {
  const version = /^v(\d+\.\d+\.\d+)$/.exec(tag)?.[1];
  if (version === undefined) return [`The tag ${tag} is not a version such as v1.2.3.`];
  const problems: string[] = [];
  if (packageJson.version !== version)
    problems.push(`package.json has version ${packageJson.version}, the tag ${tag}.`);
  if (feature.version !== version) {
    problems.push(`devcontainer-feature.json has version ${feature.version}, the tag ${tag}.`);
  }
  if (changelogSection(changelog, version) === null) {
    problems.push(`CHANGELOG.md has no heading "## [${version}] - YYYY-MM-DD" with text under it.`);
  }
  const home = `https://github.com/${repository}`;
  const links = {
    'repository.url of package.json': packageJson.repository.url.replace(/^git\+|\.git$/g, ''),
    'documentationURL of devcontainer-feature.json': feature.documentationURL,
    'licenseURL of devcontainer-feature.json': feature.licenseURL,
  };
  for (const [name, url] of Object.entries(links)) {
    if (url !== home && !url.startsWith(`${home}/`)) problems.push(`${name} is ${url}, not of ${home}.`);
  }
  return problems;
}

/** The text under this version's dated heading, trimmed; null where there is none. */
export function changelogSection(changelog: string, version: string): string | null {
  const [, ...sections] = changelog.split(/^## /m);
  const section = sections.find(
    (text) => /^\[([^\]]+)\] - \d{4}-\d{2}-\d{2}\s*$/m.exec(text.split('\n', 1)[0] ?? '')?.[1] === version,
  );
  const text = section
    ?.split('\n')
    .slice(1)
    .join('\n')
    .replaceAll(/^\[[^\]]+\]: .*$/gm, '')
    .trim();
  return text === undefined || text === '' ? null : text;
}

async function main([tag = '', repository = '', ...rest]: readonly string[]): Promise<void> {
  if (repository === '' || rest.length > 0) {
    console.error('usage: release-check.ts TAG OWNER/REPOSITORY');
    process.exitCode = 2;
    return;
  }
  const root = path.join(import.meta.dirname, '..');
  const read = (file: string): Promise<string> => readFile(path.join(root, file), 'utf8');
  const changelog = await read('CHANGELOG.md');
  const problems = findReleaseProblems({
    tag,
    repository,
    packageJson: JSON.parse(await read('package.json')) as ReleaseFacts['packageJson'],
    feature: JSON.parse(
      await read('features/registry-login/devcontainer-feature.json'),
    ) as ReleaseFacts['feature'],
    changelog,
  });
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(changelogSection(changelog, tag.slice(1)));
}

if (import.meta.main) await main(process.argv.slice(2));
