/** Serves registries on loopback in a process of its own, until its input ends. Arguments: how many, and the latency in milliseconds. */
import { startRegistry } from '../test/support/registry.ts';
import { password, username } from './sets.ts';

const [count = '1', latencyMs = '0'] = process.argv.slice(2);
const registries = await Promise.all(
  Array.from({ length: Number(count) }, () =>
    startRegistry({ auth: 'basic', users: { [username]: password }, latencyMs: Number(latencyMs) }),
  ),
);
process.stdout.write(`${JSON.stringify(registries.map(({ host }) => host))}\n`);
for await (const _chunk of process.stdin);
await Promise.all(registries.map((registry) => registry.close()));
