import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { type Ran } from './docker.ts';
import { docker, dockerOk } from './docker.ts';
import { dockerProgram, images } from './host.ts';
import { temporaryDirectory } from './temporary.ts';

export interface IsolatedEngine extends AsyncDisposable {
  /** The engine's socket, on this machine. */
  readonly socket: string;
  /** The only address in the engine's network that others see; no loopback, so that the engine checks certificates. */
  readonly address: string;
  /** This machine's address in that network, for servers that the tests run. */
  readonly gateway: string;
  /** For `runArgs`: a container with the engine's network and its names. */
  readonly network: string;
  /** A folder like /etc/docker, with the CA in it. */
  readonly configuration: string;
  /** The words before a command that give it the engine's network, names and CAs. */
  readonly enter: readonly string[];
  /** Runs one of this machine's programs in there, with these variables and no others. */
  run(command: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>;
}

/**
 * A second dockerd, with names and CAs of its own: mounts, processes and network are in namespaces that end with it, so the machine's
 * /etc stays as it is. It pulls and pushes, and runs no containers. The network is that of a container that does nothing.
 */
export async function startIsolatedEngine({
  hosts,
  authority,
}: {
  /** Names that mean `address` in there; the engine trusts `authority` for them. */
  readonly hosts: readonly string[];
  /** A CA certificate, PEM. */
  readonly authority: string;
}): Promise<IsolatedEngine> {
  const started: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of started.toReversed()) await end();
  };
  try {
    return { ...(await start(hosts, authority, started)), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Adds to `started` how each thing is ended, as soon as it is there. */
async function start(
  hosts: readonly string[],
  authority: string,
  started: (() => Promise<unknown>)[],
): Promise<Omit<IsolatedEngine, typeof Symbol.asyncDispose>> {
  const folder = await temporaryDirectory();
  started.push(async () => await folder[Symbol.asyncDispose]());
  const at = (name: string): string => path.join(folder.path, name);
  const configuration = at('etc-docker');
  for (const host of hosts) {
    await mkdir(path.join(configuration, 'certs.d', host), { recursive: true });
    await writeFile(path.join(configuration, 'certs.d', host, 'ca.crt'), authority);
  }
  const pause = (await dockerOk(['run', '--detach', '--init', images.node, 'sleep', 'infinity'])).trim();
  started.push(() => docker(['rm', '--force', '--volumes', pause]));
  const inspect = async (format: string): Promise<string> =>
    (await dockerOk(['inspect', '--format', format, pause])).trim();
  const address = await inspect('{{.NetworkSettings.IPAddress}}');
  const gateway = await inspect('{{.NetworkSettings.Gateway}}');
  const names = `127.0.0.1 localhost\n${address} ${hosts.join(' ')}\n`;
  await writeFile(at('hosts'), names);
  // Containers that share the network share this file.
  await execa(dockerProgram, ['exec', '--interactive', pause, 'sh', '-c', 'cat >/etc/hosts'], {
    input: names,
  });

  const mounts =
    'mount --bind "$1/hosts" /etc/hosts && mkdir -p /etc/docker && mount --bind "$1/etc-docker" /etc/docker';
  const enter = [
    ...['nsenter', `--net=/proc/${await inspect('{{.State.Pid}}')}/ns/net`],
    ...['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private'],
    ...['sh', '-c', `${mounts} && shift && exec "$@"`, 'sh', folder.path],
  ];
  const [program = '', ...words] = enter;
  const socket = at('docker.sock');
  const engine = execa(
    program,
    [
      ...words,
      // Where a containerd of the machine listens, a new dockerd would use that one.
      ...['sh', '-c', 'mount -t tmpfs tmpfs /run && exec "$@"', 'sh'],
      ...['dockerd', '--host', `unix://${socket}`, '--data-root', at('data'), '--exec-root', at('exec')],
      ...['--pidfile', at('dockerd.pid'), '--storage-driver', 'vfs', '--bridge', 'none', '--iptables=false'],
    ],
    { all: true, buffer: { all: true, stdout: false, stderr: false }, reject: false, stdin: 'ignore' },
  );
  started.push(async () => {
    engine.kill('SIGKILL');
    return await engine;
  });
  try {
    await answers(socket);
  } catch (error) {
    engine.kill('SIGKILL');
    throw new Error(`the isolated dockerd does not answer:\n${(await engine).all}`, { cause: error });
  }
  return {
    socket,
    address,
    gateway,
    network: `container:${pause}`,
    configuration,
    enter,
    async run(command, env = {}) {
      const { all, exitCode } = await execa(program, [...words, ...command], {
        all: true,
        reject: false,
        stdin: 'ignore',
        extendEnv: false,
        env: { PATH: process.env['PATH'] ?? '', ...env },
        timeout: 120_000,
      });
      return { output: all, exitCode };
    },
  };
}

async function answers(socket: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { output, exitCode } = await docker(['--host', `unix://${socket}`, 'version']);
    if (exitCode === 0) return;
    if (attempt === 120) throw new Error(output);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
