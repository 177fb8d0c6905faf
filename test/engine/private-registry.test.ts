import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker } from './support/docker.ts';
import { startPrivateRegistry, type PrivateRegistry } from './support/private-registry.ts';

describe('the private registry that the other engine tests trust', () => {
  let registry: PrivateRegistry;
  let image: string;

  beforeAll(async () => {
    registry = await startPrivateRegistry({ username: 'a-user', password: 'a:password' });
    image = await registry.pushHello();
  });

  afterAll(() => registry[Symbol.asyncDispose]());

  it('gives the image to whoever has the password', async () => {
    const pulled = await docker(['pull', image], [registry]);
    await docker(['image', 'rm', image]);
    expect(pulled).toMatchObject({ exitCode: 0 });
  });

  it('refuses a pull without a login', async () => {
    expect(await docker(['pull', image])).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('no basic auth credentials') as string,
    });
  });

  it('refuses a pull with a wrong password', async () => {
    expect(await docker(['pull', image], [{ ...registry, password: 'wrong' }])).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('unauthorized') as string,
    });
  });
});
