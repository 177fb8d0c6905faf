import { describe, expect, test } from 'vitest';
import { changelogSection, findReleaseProblems, type ReleaseFacts } from '../scripts/release-check.ts';
import { keepBundled, type SpdxDocument } from '../scripts/sbom.ts';

const changelog = `# Changelog

## [Unreleased]

- Later.

## [1.2.3] - 2026-01-02

### Added

- A thing.

## [1.2.2] - 2025-12-31

- Before.

[1.2.3]: https://github.com/somebody/registry-login/releases/tag/v1.2.3
`;

const facts: ReleaseFacts = {
  tag: 'v1.2.3',
  repository: 'somebody/registry-login',
  packageJson: {
    version: '1.2.3',
    repository: { url: 'git+https://github.com/somebody/registry-login.git' },
  },
  feature: {
    version: '1.2.3',
    documentationURL: 'https://github.com/somebody/registry-login',
    licenseURL: 'https://github.com/somebody/registry-login/blob/main/LICENSE',
  },
  changelog,
};

describe('a release', () => {
  test('may be made where the tag is what every file says', () => {
    expect(findReleaseProblems(facts)).toEqual([]);
  });

  test.each<[string, Partial<ReleaseFacts>, string]>([
    ['a tag without v', { tag: '1.2.3' }, 'The tag 1.2.3 is not a version such as v1.2.3.'],
    ['a tag of a prerelease', { tag: 'v1.2.3-rc.1' }, 'The tag v1.2.3-rc.1 is not a version such as v1.2.3.'],
    [
      'a tag with more behind it',
      { tag: 'v1.2.3\nv2' },
      'The tag v1.2.3\nv2 is not a version such as v1.2.3.',
    ],
    [
      'another version of the package',
      { packageJson: { ...facts.packageJson, version: '1.2.2' } },
      'package.json has version 1.2.2, the tag v1.2.3.',
    ],
    [
      'another version of the Feature',
      { feature: { ...facts.feature, version: '1.2.4' } },
      'devcontainer-feature.json has version 1.2.4, the tag v1.2.3.',
    ],
    [
      'no heading in the changelog',
      { changelog: '# Changelog\n\n## [Unreleased]\n\n- A thing.\n' },
      'CHANGELOG.md has no heading "## [1.2.3] - YYYY-MM-DD" with text under it.',
    ],
    [
      'a heading without a date',
      { changelog: '## [1.2.3]\n\n- A thing.\n' },
      'CHANGELOG.md has no heading "## [1.2.3] - YYYY-MM-DD" with text under it.',
    ],
    [
      'a heading with nothing under it',
      { changelog: '## [1.2.3] - 2026-01-02\n\n## [1.2.2] - 2025-12-31\n\n- Before.\n' },
      'CHANGELOG.md has no heading "## [1.2.3] - YYYY-MM-DD" with text under it.',
    ],
    [
      'a placeholder for the account',
      { feature: { ...facts.feature, documentationURL: 'https://github.com/OWNER/registry-login' } },
      'documentationURL of devcontainer-feature.json is https://github.com/OWNER/registry-login, not of https://github.com/somebody/registry-login.',
    ],
    [
      'a repository whose name only begins alike',
      {
        packageJson: {
          ...facts.packageJson,
          repository: { url: 'https://github.com/somebody/registry-login-fork' },
        },
      },
      'repository.url of package.json is https://github.com/somebody/registry-login-fork, not of https://github.com/somebody/registry-login.',
    ],
  ])('may not be made with %s', (_, change, problem) => {
    expect(findReleaseProblems({ ...facts, ...change })).toEqual([problem]);
  });

  test('has the changelog’s section of its version as its notes', () => {
    expect(changelogSection(changelog, '1.2.3')).toBe('### Added\n\n- A thing.');
    expect(changelogSection(changelog, '1.2.2')).toBe('- Before.');
    expect(changelogSection(changelog, 'Unreleased')).toBeNull();
  });
});

describe('the SBOM', () => {
  const line = '-'.repeat(80);
  const document: SpdxDocument = {
    SPDXID: 'DOCUMENT',
    documentDescribes: ['own'],
    packages: [
      { SPDXID: 'own', name: 'devcontainer-registry-login', versionInfo: '1.2.3' },
      { SPDXID: 'zod', name: 'zod', versionInfo: '4.0.0' },
      { SPDXID: 'aws', name: '@aws-sdk/client-ecr', versionInfo: '3.0.0' },
      { SPDXID: 'vitest', name: 'vitest', versionInfo: '4.0.0' },
    ],
    relationships: [{ spdxElementId: 'own', relatedSpdxElement: 'vitest', relationshipType: 'DEPENDS_ON' }],
  };
  const notices = `bundled\n${line}\n@aws-sdk/client-ecr 3.0.0 (Apache-2.0)\n\ntext\n\n${line}\nzod 4.0.0 (MIT)\n`;

  test('lists what is bundled and none of the tools', () => {
    const kept = keepBundled(document, notices);
    expect(kept.packages.map(({ name }) => name)).toEqual([
      'devcontainer-registry-login',
      '@aws-sdk/client-ecr',
      'zod',
    ]);
    expect(kept.relationships).toEqual([
      { spdxElementId: 'DOCUMENT', relatedSpdxElement: 'own', relationshipType: 'DESCRIBES' },
      { spdxElementId: 'own', relatedSpdxElement: 'aws', relationshipType: 'CONTAINS' },
      { spdxElementId: 'own', relatedSpdxElement: 'zod', relationshipType: 'CONTAINS' },
    ]);
  });

  test('is none where it would be incomplete', () => {
    expect(() => keepBundled(document, notices.replace('zod 4.0.0', 'zod 4.0.1'))).toThrow(
      'npm sbom does not know zod 4.0.1, which is bundled.',
    );
  });
});
