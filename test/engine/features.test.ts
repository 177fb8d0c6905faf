import { readFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtImages, devcontainer, removeImages } from './support/devcontainer.ts';
import { collection, dockerSocketGroup, images, root } from './support/host.ts';
import { startPrivateRegistry, type PrivateRegistry } from './support/private-registry.ts';

const feature = 'registry-login';
const scenarios = Object.keys(
  JSON.parse(readFileSync(path.join(root, 'test/features', feature, 'scenarios.json'), 'utf8')) as object,
);

/** Runs every script of test/features once, and returns what the CLI printed. */
async function runScripts([registry, other]: readonly [PrivateRegistry, PrivateRegistry]): Promise<string> {
  const { output } = await devcontainer(
    ['features', 'test', '--project-folder', collection, '--features', feature, '--base-image', images.node],
    {
      timeoutMs: 1_200_000,
      env: {
        // scenarios.json reads these.
        TEST_REGISTRY: registry.server,
        TEST_OTHER_REGISTRY: other.server,
        TEST_DOCKER_GROUP: String(await dockerSocketGroup()),
      },
    },
  );
  await removeImages(builtImages(output));
  return output;
}

/** The part of the output that a script is to blame for: from its heading to the next one. */
function partOf(output: string, heading: string): string {
  const parts = output.split(/^(?=.*(?:Running scenario:|Executing duplicate test|Cleaning up))/m);
  return parts.find((part) => part.split('\n', 1)[0]?.includes(heading)) ?? parts[0] ?? '';
}

describe('devcontainer features test', () => {
  let registries: [PrivateRegistry, PrivateRegistry];
  const pulled: string[] = [];
  let output: string;
  let verdicts: ReadonlyMap<string, string>;

  beforeAll(async () => {
    await execa('sh', [path.join(root, 'scripts/host/images.sh'), 'bookworm', 'bullseye', 'trixie', 'sid']);
    registries = [
      await startPrivateRegistry({ username: 'test-user', password: 'test-password' }),
      await startPrivateRegistry({ username: 'other-test-user', password: 'other-test-password' }),
    ];
    for (const registry of registries) pulled.push(await registry.pushHello());
    output = await runScripts(registries);
    const lines = [...output.matchAll(/(Passed|Failed): +'([^']+)'/g)];
    verdicts = new Map(lines.map(([, verdict = '', name = '']) => [name, verdict]));
  });

  afterAll(async () => {
    await removeImages(pulled);
    for (const registry of registries) await registry[Symbol.asyncDispose]();
  });

  it.each([
    { script: 'test', name: feature, heading: '' },
    ...scenarios.map((name) => ({ script: name, name, heading: `Running scenario:  ${name}` })),
    {
      script: 'duplicate',
      name: `${feature} executed twice with randomized options`,
      heading: 'Executing duplicate test',
    },
  ])('$script', ({ name, heading }) => {
    expect(verdicts.get(name), partOf(output, heading)).toBe('Passed');
  });
});
