import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../src/cli.ts';
import { renderText } from '../../src/core/report-text.ts';
import type { Report } from '../../src/core/report.ts';
import { temporaryHome, type TemporaryHome } from '../support/temporary-home.ts';
import { createTestSystem } from '../support/test-system.ts';
import {
  startTypicalRegistries,
  type TypicalRegistries,
  typicalSets,
  variablesOf,
} from '../support/typical-registries.ts';

const startedAt = Date.UTC(2026, 10, 2, 8);
const now = Date.UTC(2026, 10, 2, 9, 30);
const { ACR, DOCKERHUB, ECR, GHCR } = typicalSets;

let home: TemporaryHome;
let registries: TypicalRegistries;

beforeAll(async () => {
  home = temporaryHome();
  registries = await startTypicalRegistries(home, () => now);
  home.write('bin/docker-credential-registry-login', '#!/bin/sh\n', 0o755);
});
afterAll(async () => {
  await registries[Symbol.asyncDispose]();
  home[Symbol.dispose]();
});

/** What a command prints at 80 columns, headed by itself. */
async function run(situation: string, command: string, env: Record<string, string> = {}): Promise<string> {
  const tested = createTestSystem({
    args: [...command.split(' ').slice(1), '--json'],
    env: {
      ...registries.env,
      PATH: join(home.path, 'bin'),
      DOCKER_CONFIG: join(home.path, '.docker'),
      CODESPACES: 'true',
      CODESPACE_NAME: 'fluffy-space-waffle-abc123',
      ...env,
    },
    home: home.path,
    now,
    containerStart: { startedAt, id: 'one' },
  });
  try {
    const exitCode = await runCli(tested.system);
    expect(tested.stderr()).toBe('');
    // Changed before it is wrapped, so that no length of a path of this machine shows.
    const json = tested
      .stdout()
      .replaceAll(`${home.path}/workspaces`, '/workspaces')
      .replaceAll(home.path, '/home/vscode')
      .replaceAll(/127\.0\.0\.1:\d{5}/g, '127.0.0.1:40000');
    const text = renderText(JSON.parse(json) as Report, { columns: 80, color: false });
    for (const { password } of Object.values(typicalSets)) expect(text).not.toContain(password);
    for (const line of text.split('\n'))
      if (!/`[^`]{40,}/.test(line)) expect(line.length, line).toBeLessThanOrEqual(80);
    return `== ${situation}\n$ ${command}   (exit ${exitCode})\n${text}\n`;
  } finally {
    await tested.cleanup();
  }
}

function forget(): void {
  for (const directory of ['.docker', '.local'])
    rmSync(join(home.path, directory), { recursive: true, force: true });
}

test('what people read', async () => {
  const texts: string[] = [];
  const say = async (...parts: Parameters<typeof run>): Promise<void> => void texts.push(await run(...parts));
  const wrong = { server: GHCR.server, user: GHCR.user, password: 'an-old-password' };
  const out = { server: '127.0.0.1:1', user: 'someone', password: 'whatever' };
  const half = {
    GAR_CONTAINER_REGISTRY_SERVER: 'europe-west3-docker.pkg.dev',
    GAR_CONTAINER_REGISTRY_USERNAME: '_json_key',
  };

  await say('Nothing configured', 'registry-login');
  await say('A dry run', 'registry-login login --dry-run', variablesOf({ ACR, ECR }));
  await say('All is well', 'registry-login', variablesOf({ ACR, DOCKERHUB, GHCR }));
  await say('Status: no', 'registry-login status', variablesOf({ ACR, DOCKERHUB, GHCR }));
  await say(
    'Doctor: all is well, with images',
    'registry-login doctor mycompany.azurecr.io/team/app:1.2 ghcr.io/octo-org/private:1',
    variablesOf({ ACR, GHCR }),
  );
  await say('A set has gone', 'registry-login login --skip-verified', variablesOf({ ACR, DOCKERHUB }));
  await say('Status: unknown, a set is expected', 'registry-login status', {
    ...variablesOf({ ACR, DOCKERHUB }),
    REGISTRY_LOGIN_EXPECT: 'ACR,GAR',
  });
  home.write('workspaces/.codespaces/shared/user-secrets-envs.json', JSON.stringify(variablesOf({ GHCR })));
  await say('Status: yes, the files of the codespace are ahead', 'registry-login status', {
    ...variablesOf({ ACR }),
    REGISTRY_LOGIN_SECRETS_DIR: join(home.path, 'workspaces/.codespaces/shared'),
  });
  await say('Logout', 'registry-login logout');
  await say('Logout again', 'registry-login logout');
  forget();
  await say('A typical mixture', 'registry-login', { ...variablesOf({ ACR, ECR, GHCR: wrong }), ...half });
  forget();
  registries.aws.fail('denied');
  await say('AWS denies the exchange', 'registry-login', variablesOf({ ECR }));
  registries.aws.fail(null);
  await say('Out of reach', 'registry-login', variablesOf({ HARBOR: out }));
  forget();
  await say(
    'A key of AWS for another host',
    'registry-login',
    variablesOf({ AWS: { ...ECR, server: 'registry.example.com' } }),
  );
  const harbor = { server: 'harbor.corp.example', user: 'someone', password: 'whatever' };
  await say('Doctor: what fails', 'registry-login doctor harbor.corp.example/team/app Nonsense', {
    ...variablesOf({ ACR, GHCR: wrong, HARBOR: harbor }),
    ...half,
  });
  home.write('.docker/config.json', '{\n  "auths": {,\n}\n');
  await say('A broken config', 'registry-login', variablesOf({ ACR }));

  await expect(texts.join('\n')).toMatchFileSnapshot('__snapshots__/report-text.txt');
});

test('the text is that of the report', async () => {
  const outputs = await Promise.all(
    [[], ['--json']].map(async (flags) => {
      const tested = createTestSystem({
        args: ['login', '--dry-run', ...flags],
        env: variablesOf({ ACR, ECR }),
        now,
      });
      try {
        await runCli(tested.system);
        return tested.stdout();
      } finally {
        await tested.cleanup();
      }
    }),
  );
  expect(outputs[0]).toBe(renderText(JSON.parse(outputs[1] ?? '') as Report, { columns: 80, color: false }));
});
