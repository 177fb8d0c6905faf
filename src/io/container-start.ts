import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerStart } from '../core/login-state.ts';

/** USER_HZ: the unit of `starttime`, fixed at 100 in the kernel's interface on every platform that Node runs on. */
const ticksPerSecond = 100;

/** Both facts about this start of the container. */
export function readContainerStart(procRoot = '/proc'): ContainerStart {
  return { id: containerStartId(procRoot), startedAt: containerStartedAt(procRoot) };
}

/**
 * Returns when process 1 of this container started, in milliseconds since the epoch: `starttime` of `/proc/1/stat`, in ticks after
 * the boot, added to `btime` of `/proc/stat` (proc_pid_stat(5), proc_stat(5)). `btime` has whole seconds: accurate to about 1 s.
 * Outside a container it is the machine's start. Null where `/proc` is missing, closed or odd.
 */
export function containerStartedAt(procRoot = '/proc'): number | null {
  const ticks = startTicks(procRoot);
  const bootSeconds = /^btime ([0-9]{1,12})$/m.exec(read(join(procRoot, 'stat')) ?? '')?.[1];
  if (ticks === null || bootSeconds === undefined || Number(bootSeconds) === 0) return null;
  return Number(bootSeconds) * 1000 + (Number(ticks) * 1000) / ticksPerSecond;
}

/**
 * Returns a text that is the same for as long as this container runs, and another one after each start: the kernel's boot id and the
 * start of process 1 in ticks after that boot. It does not move with the clock as `containerStartedAt` may. Null where unknown.
 */
export function containerStartId(procRoot = '/proc'): string | null {
  const ticks = startTicks(procRoot);
  const bootId = /^[0-9a-f-]{36}$/.exec(
    (read(join(procRoot, 'sys/kernel/random/boot_id')) ?? '').trim(),
  )?.[0];
  return ticks === null || bootId === undefined ? null : `${bootId}:${ticks}`;
}

/** Field 22 of `/proc/1/stat`. The name in field 2 may hold spaces and parentheses: fields count after its last `)`. */
function startTicks(procRoot: string): string | null {
  const stat = read(join(procRoot, '1/stat'));
  if (stat === null) return null;
  const end = stat.lastIndexOf(')');
  const ticks =
    end === -1
      ? undefined
      : stat
          .slice(end + 1)
          .trim()
          .split(/\s+/)[22 - 3];
  return ticks !== undefined && /^[0-9]{1,15}$/.test(ticks) ? ticks : null;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
