import { afterEach } from 'vitest';
import { startRegistry, type TestRegistry, type TestRegistryOptions } from './registry.ts';

/**
 * For the top of a file: returns a function that starts a registry as `defaults` says where its options do not. All of them are closed after
 * each test. `defaults` is called at every start: it may name what a hook has planted.
 */
export function testRegistries(
  defaults: () => TestRegistryOptions,
): (options?: TestRegistryOptions) => Promise<TestRegistry> {
  const started: TestRegistry[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((registry) => registry.close()));
  });
  return async (options) => {
    const registry = await startRegistry({ ...defaults(), ...options });
    started.push(registry);
    return registry;
  };
}
