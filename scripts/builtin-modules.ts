import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** Modules of Node's that cost milliseconds, and of which our sources import functions only: loaded when the first of these is called. */
const loadedOnCall: ReadonlySet<string> = new Set([
  'node:crypto',
  'node:dns/promises',
  'node:fs/promises',
  'node:net',
  'node:tls',
  'node:util',
]);

const importStatement = /^import (type )?(?:\* as (\w+)|\{([^}]*)\}) from '(node:[a-z/_]+)';$/gm;

/** Put before each chunk. Node has `getBuiltinModule` since 22.3; CommonJS dependencies expect `require` to throw for what is not there. */
export const builtinBanner = [
  "import{createRequire as __createRequire}from'node:module';",
  'const __getBuiltin=globalThis.process.getBuiltinModule??(()=>undefined),',
  'require=id=>__getBuiltin(id)??__createRequire(import.meta.url)(id);',
].join('');

/**
 * Has our own sources take Node's modules from `process.getBuiltinModule`. An `import` of one makes an ES module of it, for which Node
 * evaluates every export, lazy ones included: `node:http` then loads fetch (about 40 ms), `node:process` opens all three streams.
 */
export function builtinModules(sources: RegExp): Plugin {
  return {
    name: 'builtin-modules',
    setup(build) {
      build.onLoad({ filter: sources }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const contents = text.replaceAll(
          importStatement,
          (statement: string, type?: string, namespace?: string, names: string = '', module: string = '') => {
            return type === undefined ? declare(module, namespace, names) : statement;
          },
        );
        if (/^import .* from 'node:/m.test(contents.replaceAll(/^import type .*$/gm, ''))) {
          throw new Error(`${path}: this form of import of a module of Node's is not known to the build.`);
        }
        return {
          contents: contents.replaceAll(/\bimport\(('node:[^']+')\)/g, 'Promise.resolve(require($1))'),
          loader: 'ts',
        };
      });
    },
  };
}

/** In one line, so that the lines of stack traces stay right where the statement had one. */
function declare(module: string, namespace: string | undefined, names: string): string {
  if (namespace !== undefined) return `const ${namespace} = require('${module}');`;
  const values = names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '))
    .map((name) => name.split(' as '));
  const isLazy =
    loadedOnCall.has(module) && values.every(([name = '']) => /^[a-z]/.test(name) && name !== 'inspect');
  if (!isLazy) return `const { ${values.map((pair) => pair.join(': ')).join(', ')} } = require('${module}');`;
  const loaded = `loaded_${module.replaceAll(/[^a-z]/g, '_')}`;
  const functions = values.map(
    ([name = '', local = name]) =>
      `const ${local} = (...all) => (${loaded} ??= require('${module}')).${name}(...all);`,
  );
  return [`let ${loaded};`, ...functions].join(' ');
}
