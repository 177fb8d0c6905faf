import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import feature from '../features/registry-login/devcontainer-feature.json' with { type: 'json' };
import { fillIn, optionsTable, overridesTable } from '../scripts/generate-docs.ts';

const root = path.join(import.meta.dirname, '..');
const documents = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '--', '*.md'],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((file) => file !== '');

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

/** The text without what is code, where brackets are no links. */
function prose(text: string): string {
  return text.replaceAll(/^```[^]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

function linksOf(file: string): string[] {
  // A link's text may be code; its target never is.
  const text = read(file).replaceAll(/^```[^]*?^```$/gm, '');
  const inline = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  const references = [...text.matchAll(/^\[[^\]]+\]: (\S+)$/gm)].map(([, target = '']) => target);
  return [...inline, ...references];
}

/** GitHub's anchors: lower case, punctuation dropped, blanks to hyphens. */
function anchorsOf(file: string): Set<string> {
  const headings = [
    ...read(file)
      .replaceAll(/^```[^]*?^```$/gm, '')
      .matchAll(/^#{1,6} (.+)$/gm),
  ];
  return new Set(
    headings.map(([, text = '']) =>
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/g, '-'),
    ),
  );
}

test('the documents that users look for are there', () => {
  expect(documents).toEqual(
    expect.arrayContaining(['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md']),
  );
});

describe.each(documents)('%s', (file) => {
  test('has no broken link to a file or a heading of this project', () => {
    const broken = linksOf(file).filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [target = '', anchor] = link.split('#');
      const linked = target === '' ? file : path.join(path.dirname(file), target);
      if (!existsSync(path.join(root, linked))) return true;
      return anchor !== undefined && !anchorsOf(linked).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('has no link without TLS', () => {
    expect(linksOf(file).filter((link) => link.startsWith('http:'))).toEqual([]);
  });

  test('calls the npm package by its own name', () => {
    expect(read(file)).not.toMatch(/npx (?:-\S+ )*registry-login/);
  });

  test('has every reference that its prose uses', () => {
    const text = prose(read(file));
    const defined = new Set([...text.matchAll(/^\[([^\]]+)\]: /gm)].map(([, name]) => name));
    const used = [...text.matchAll(/\]\[([^\]]+)\]/g)].map(([, name]) => name);
    expect(used.filter((name) => !defined.has(name))).toEqual([]);
  });
});

test('the README opens with the one line', () => {
  const [first] = /^```jsonc\n([^]*?)\n```$/m.exec(read('README.md'))?.slice(1) ?? [];
  const { features } = JSON.parse(`{${first}}`) as { features: Record<string, object> };
  expect(Object.values(features)).toEqual([{}]);
  expect(Object.keys(features)[0]).toMatch(/^ghcr\.io\/[\w-]+\/registry-login\/registry-login:1$/);
});

test('the README names every script that package.json offers for it', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const used = documents.flatMap((file) =>
    [...read(file).matchAll(/npm run ([a-z:]+)/g)].map(([, name = '']) => name),
  );
  expect(used.filter((name) => scripts[name] === undefined)).toEqual([]);
});

test('the generated options are those of the Feature', () => {
  expect(read('README.md')).toContain(optionsTable(feature.options));
  expect(read('docs/options.md')).toContain(optionsTable(feature.options));
  expect(read('docs/options.md')).toContain(overridesTable(feature.options));
});

describe('a generated part', () => {
  const parts = new Map([['a', 'new\nlines']]);

  test.each([
    [
      'an empty one',
      '<!-- generated: a -->\n<!-- /generated -->\n',
      '<!-- generated: a -->\nnew\nlines\n<!-- /generated -->\n',
    ],
    [
      'an old one',
      'x\n<!-- generated: a -->\nold\n<!-- /generated -->\ny',
      'x\n<!-- generated: a -->\nnew\nlines\n<!-- /generated -->\ny',
    ],
    [
      'two',
      '<!-- generated: a -->\n<!-- /generated -->\n\n<!-- generated: a -->\nold\n<!-- /generated -->',
      '<!-- generated: a -->\nnew\nlines\n<!-- /generated -->\n\n<!-- generated: a -->\nnew\nlines\n<!-- /generated -->',
    ],
    ['none', 'text\n', 'text\n'],
  ])('is replaced: %s', (_, before, after) => {
    expect(fillIn(before, parts)).toBe(after);
    expect(fillIn(after, parts)).toBe(after);
  });

  test('without an end, or under an unknown name, is an error', () => {
    expect(() => fillIn('<!-- generated: a -->\ntext', parts)).toThrow(
      'The part a has no <!-- /generated -->.',
    );
    expect(() => fillIn('<!-- generated: a -->\n<!-- generated: a -->\n<!-- /generated -->', parts)).toThrow(
      'The part a has no',
    );
    expect(() => fillIn('<!-- generated: b -->\n<!-- /generated -->', parts)).toThrow(
      'Nothing is generated under the name b.',
    );
  });
});

test('a table’s cell cannot break out of its row', () => {
  const option = { type: 'string', enum: ['x'], default: '', description: 'a | b <script>' };
  expect(optionsTable({ odd: option }).split('\n')[2]).toBe('| `odd` | `x` | empty | a \\| b &lt;script> |');
});

test('nothing names the host of a package registry', () => {
  // In parts, since this file is looked through too.
  const hosts = [
    ['registry', 'npmjs', 'org'],
    ['deb', 'debian', 'org'],
  ].map((labels) => labels.join('.'));
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  const naming = files
    .split('\n')
    .filter((file) => file !== '' && existsSync(path.join(root, file)))
    .filter((file) => hosts.some((host) => read(file).includes(host)));
  expect(naming).toEqual([]);
});
