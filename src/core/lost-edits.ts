import { sameAuthConfig } from './auth-config.ts';
import {
  authKeys,
  credHelpers,
  type DockerConfig,
  getAuth,
  removeAuth,
  removeCredHelper,
  setAuth,
  setCredHelper,
} from './docker-config.ts';

/**
 * `current` with those edits of `before` → `after` that somebody undid without knowing of them, as a `docker login` does that read the
 * file before the edit and wrote it after. What somebody changed to something else stays theirs.
 */
export function reapplyLostEdits(
  before: DockerConfig,
  after: DockerConfig,
  current: DockerConfig,
): DockerConfig {
  let merged = current;
  for (const key of new Set([...authKeys(before), ...authKeys(after)])) {
    const [old, ours, theirs] = [getAuth(before, key), getAuth(after, key), getAuth(current, key)];
    if (sameAuthConfig(old, ours) || !sameAuthConfig(old, theirs)) continue;
    merged = ours === null ? removeAuth(merged, key) : setAuth(merged, key, ours);
  }
  const [helpersBefore, helpersAfter, helpersNow] = [
    credHelpers(before),
    credHelpers(after),
    credHelpers(current),
  ];
  for (const key of new Set([...helpersBefore.keys(), ...helpersAfter.keys()])) {
    const [old, ours, theirs] = [helpersBefore.get(key), helpersAfter.get(key), helpersNow.get(key)];
    if (old === ours || old !== theirs) continue;
    merged = ours === undefined ? removeCredHelper(merged, key) : setCredHelper(merged, key, ours);
  }
  return merged;
}
