import { createServer } from 'node:http';
import { readdir, readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { up, type DevContainer } from './support/devcontainer.ts';
import { docker, dockerOk } from './support/docker.ts';
import { dockerSocket, dockerSocketGroup, images } from './support/host.ts';
import { startPrivateRegistry, type PrivateRegistry } from './support/private-registry.ts';

const password = 'planted-Pa55:w"0rd$(x)';
const otherPassword = 'another planted password';

function secretSet(
  name: string,
  { server, username, password: value }: { server: string; username: string; password: string },
): Record<string, string> {
  return {
    [`${name}_CONTAINER_REGISTRY_SERVER`]: server,
    [`${name}_CONTAINER_REGISTRY_USER`]: username,
    [`${name}_CONTAINER_REGISTRY_PASSWORD`]: value,
  };
}

async function configuration(user: string): Promise<Record<string, unknown>> {
  return {
    image: images.node,
    remoteUser: user,
    runArgs: ['--network=host', `--group-add=${await dockerSocketGroup()}`],
    mounts: [`type=bind,source=${dockerSocket},target=${dockerSocket}`],
  };
}

/** A registry that keeps a login waiting, so that the program's processes can be looked at in the meantime. */
async function startSlowRegistry(delayMs: number): Promise<{ server: string; close: () => void }> {
  const server = createServer((_request, response) => {
    setTimeout(() => response.writeHead(401, { 'www-authenticate': 'Basic realm="slow"' }).end(), delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    server: `127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Notes the arguments of every process of ours on this machine, containers included, until it is stopped. */
function watchArguments(): () => string[] {
  const seen = new Set<string>();
  const timer = setInterval(() => {
    void readdir('/proc').then(async (names) => {
      for (const name of names.filter((entry) => /^\d+$/.test(entry))) {
        const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
        if (line.includes('/registry-login.js')) seen.add(line.replaceAll('\0', ' ').trim());
      }
    });
  }, 50);
  return () => {
    clearInterval(timer);
    return [...seen];
  };
}

describe('devcontainer up --secrets-file', () => {
  let registry: PrivateRegistry;
  let other: PrivateRegistry;
  let image: string;
  let otherImage: string;

  beforeAll(async () => {
    registry = await startPrivateRegistry({ username: 'private-user', password });
    other = await startPrivateRegistry({ username: 'other-user', password: otherPassword });
    image = await registry.pushHello();
    otherImage = await other.pushHello();
  });

  afterAll(async () => {
    await docker(['image', 'rm', image, otherImage]);
    await registry[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  });

  describe.each(['vscode', 'root'])('as %s', (user) => {
    let container: DevContainer;
    let verifiedBefore: number;
    let ourArguments: string[];

    beforeAll(async () => {
      const slow = await startSlowRegistry(1_000);
      const stopWatching = watchArguments();
      verifiedBefore = registry.verifiedLogins();
      try {
        container = await up(
          // The project's own command may pull already.
          { ...(await configuration(user)), postCreateCommand: `docker pull ${image} >/tmp/pulled` },
          {
            secrets: {
              ...secretSet('ACR', registry),
              ...secretSet('SLOW', {
                server: slow.server,
                username: 'nobody',
                password: 'planted-slow-password',
              }),
            },
          },
        );
      } finally {
        ourArguments = stopWatching();
        slow.close();
      }
    });

    afterAll(() => container[Symbol.asyncDispose]());

    it('logs in before the project’s own postCreateCommand', async () => {
      expect(await container.exec('cat', '/tmp/pulled')).toMatchObject({
        exitCode: 0,
        output: expect.stringContaining('Digest: sha256:') as string,
      });
    });

    it('reports each set by name in the log', () => {
      expect(container.log).toMatch(
        /postCreateCommand from Feature[^]*\bACR\b[^]*postStartCommand from Feature/,
      );
      expect(container.log).toMatch(/\bSLOW\b/);
    });

    it('verifies a login once at the first start', () => {
      expect(registry.verifiedLogins() - verifiedBefore).toBe(1);
    });

    it('pulls the private image inside the container', async () => {
      expect(await container.exec('docker', 'pull', image)).toMatchObject({ exitCode: 0 });
    });

    it('is what the pull needs: without the login the registry refuses', async () => {
      expect(await container.exec('env', 'DOCKER_CONFIG=/nowhere', 'docker', 'pull', image)).toMatchObject({
        exitCode: 1,
        output: expect.stringContaining('no basic auth credentials') as string,
      });
    });

    it('keeps the passwords out of its arguments', () => {
      expect(ourArguments).not.toEqual([]);
      expect(ourArguments.join('\n')).not.toContain('planted');
    });

    it('keeps the passwords out of the log, the image and everything but the Docker config', async () => {
      const found = await container.exec(
        'sh',
        '-c',
        `grep -rlaFs -e planted -e '${Buffer.from(`private-user:${password}`).toString('base64')}' /home /root /tmp /var /usr/local /etc /workspaces || true`,
      );
      expect(container.log).not.toContain('planted');
      expect(await dockerOk(['inspect', container.id])).not.toContain('planted');
      expect(found.output.split('\n').filter((line) => line.startsWith('/'))).toEqual([
        user === 'root' ? '/root/.docker/config.json' : `/home/${user}/.docker/config.json`,
      ]);
    });

    it('verifies again after a stop and start, and logs in to what is new', async () => {
      expect(await container.exec('docker', 'pull', otherImage)).toMatchObject({ exitCode: 1 });
      const before = registry.verifiedLogins();
      const log = await container.restart({ ...secretSet('ACR', registry), ...secretSet('GAR', other) });
      expect(log).toMatch(/\bGAR\b/);
      expect(registry.verifiedLogins() - before).toBe(1);
      expect(await container.exec('docker', 'pull', otherImage)).toMatchObject({ exitCode: 0 });
    });
  });

  const wrong = { server: '', username: 'private-user', password: 'planted-wrong-password' };

  it('starts the container in spite of a failed login', async () => {
    await using container = await up(await configuration('vscode'), {
      secrets: secretSet('ACR', { ...wrong, server: registry.server }),
    });
    expect(container.log).toContain('ACR_CONTAINER_REGISTRY_PASSWORD');
    expect(await container.exec('docker', 'pull', image)).toMatchObject({ exitCode: 1 });
  });

  it('stops the start where the option onFailure says so', async () => {
    const started = up(await configuration('vscode'), {
      options: { onFailure: 'fail' },
      secrets: secretSet('ACR', { ...wrong, server: registry.server }),
    });
    await expect(started).rejects.toThrow(/postCreateCommand from Feature .* failed/);
  });
});
