import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findOnPath } from '../../src/io/find-on-path.ts';
import { temporaryHome } from '../support/temporary-home.ts';

test('the first executable file of the name in PATH', () => {
  using home = temporaryHome();
  const [one, two] = [join(home.path, 'one'), join(home.path, 'two')];
  const PATH = `${one}:${two}`;
  expect(findOnPath({ PATH }, 'tool')).toBeNull();
  home.write('two/tool', '', 0o755);
  expect(findOnPath({ PATH }, 'tool')).toBe(join(two, 'tool'));
  home.write('one/tool', '', 0o644);
  expect(findOnPath({ PATH }, 'tool')).toBe(join(two, 'tool'));
  home.write('one/tool', '', 0o755);
  expect(findOnPath({ PATH }, 'tool')).toBe(join(one, 'tool'));
});

test('a directory, a dangling link, an empty or a relative part of PATH, and no PATH find nothing', () => {
  using home = temporaryHome();
  mkdirSync(join(home.path, 'bin', 'tool'), { recursive: true });
  symlinkSync('nowhere', join(home.path, 'bin', 'link'));
  expect(findOnPath({ PATH: `:.:bin:${home.path}/bin` }, 'tool')).toBeNull();
  expect(findOnPath({ PATH: `${home.path}/bin` }, 'link')).toBeNull();
  expect(findOnPath({}, 'sh')).toBeNull();
});
