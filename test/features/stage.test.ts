import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkCollection } from '../../scripts/stage.ts';

const project = join(import.meta.dirname, '../..');
const readJson = async (file: string): Promise<unknown> =>
  JSON.parse(await readFile(join(project, file), 'utf8'));

describe('the collection', () => {
  it('is described by devcontainer-collection.json as the Feature describes itself', async () => {
    await expect(checkCollection()).resolves.toBeUndefined();
  });

  it('has the version of the package', async () => {
    expect(await readJson('features/registry-login/devcontainer-feature.json')).toMatchObject({
      version: ((await readJson('package.json')) as { version: string }).version,
    });
  });
});

describe('the Feature', () => {
  it('has an option for each setting that people may change, all of them optional', async () => {
    const { options } = (await readJson('features/registry-login/devcontainer-feature.json')) as {
      options: Record<string, { type: string; default: unknown; description: string }>;
    };
    expect(Object.keys(options)).toEqual([
      'credentialStore',
      'onFailure',
      'timeout',
      'github',
      'expect',
      'insecureRegistries',
      'trustedAuthHosts',
      'checkOnAttach',
      'nodeMirror',
    ]);
    for (const option of Object.values(options)) {
      expect(typeof option.default).toBe(option.type);
      // The CLI's own documentation puts descriptions into a table.
      expect(option.description).not.toMatch(/[|\n]/);
    }
  });

  it('has no hook that runs in a prebuild, where there are no secrets', async () => {
    expect(
      Object.keys((await readJson('features/registry-login/devcontainer-feature.json')) as object),
    ).toEqual(expect.not.arrayContaining(['onCreateCommand', 'updateContentCommand']));
  });
});
