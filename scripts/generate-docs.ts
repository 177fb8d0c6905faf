/**
 * Brings the generated parts of the documentation up to date: options, help, and what commands print.
 *
 * They stand in Markdown between `<!-- generated: NAME -->` and `<!-- /generated -->`. `node scripts/generate-docs.ts --check` writes nothing and
 * fails where one of them is out of date.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import feature from '../features/registry-login/devcontainer-feature.json' with { type: 'json' };
import { helpText } from '../src/core/help.ts';
import { runExamples } from './doc-examples.ts';

interface Option {
  readonly type: string;
  readonly enum?: readonly string[];
  readonly proposals?: readonly string[];
  readonly default: string | boolean;
  readonly description: string;
}

const root = path.join(import.meta.dirname, '..');

/** A row an option: its name, its values, its default, what it does. */
export function optionsTable(options: Readonly<Record<string, Option>>): string {
  const rows = Object.entries(options).map(([name, option]) => {
    const cells = [`\`${name}\``, valuesOf(option), defaultOf(option), escapeCell(option.description)];
    return `| ${cells.join(' | ')} |`;
  });
  return ['| Option | Values | Default | What it does |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** A row an option: its name and the variable that overrides it where the container runs; `nodeMirror` has none, since it is for the build. */
export function overridesTable(options: Readonly<Record<string, Option>>): string {
  const rows = Object.keys(options)
    .filter((name) => name !== 'nodeMirror')
    .map((name) => `| \`${name}\` | \`${overrideVariable(name)}\` |`);
  return ['| Option | Variable |', '| --- | --- |', ...rows].join('\n');
}

function overrideVariable(option: string): string {
  return `REGISTRY_LOGIN_${option.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

function valuesOf({ type, enum: values, proposals }: Option): string {
  if (type === 'boolean') return '`true`, `false`';
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(', ');
  return proposals === undefined ? 'text' : `such as ${proposals.map((value) => `\`${value}\``).join(', ')}`;
}

function defaultOf({ default: value }: Option): string {
  return value === '' ? 'empty' : `\`${String(value)}\``;
}

function escapeCell(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replaceAll(/'([a-z]+)'/g, '`$1`');
}

/**
 * The document with each generated part replaced.
 *
 * @throws Error for a name that nothing is generated for, and for a part without an end.
 */
export function fillIn(document: string, parts: ReadonlyMap<string, string>): string {
  return document.replaceAll(
    /(<!-- generated: (\S+) -->\n)(?:(?!<!-- )[^])*(<!-- \/generated -->)?/g,
    (_, start: string, name: string, end?: string) => {
      const part = parts.get(name);
      if (part === undefined) throw new Error(`Nothing is generated under the name ${name}.`);
      if (end === undefined) throw new Error(`The part ${name} has no <!-- /generated -->.`);
      return `${start}${part}\n${end}`;
    },
  );
}

async function generateParts(): Promise<Map<string, string>> {
  const options: Readonly<Record<string, Option>> = feature.options;
  const examples = [...(await runExamples())].map(([name, text]): [string, string] => {
    return [name, `\`\`\`${text.startsWith('$') ? 'console' : 'json'}\n${text}\n\`\`\``];
  });
  return new Map([
    ['options', optionsTable(options)],
    ['overrides', overridesTable(options)],
    ['help', `\`\`\`text\n${helpText.trimEnd()}\n\`\`\``],
    ...examples,
  ]);
}

async function main(isCheck: boolean): Promise<void> {
  const parts = await generateParts();
  const docs = (await readdir(path.join(root, 'docs'))).filter((name) => name.endsWith('.md'));
  for (const file of ['README.md', ...docs.map((name) => `docs/${name}`)]) {
    const document = await readFile(path.join(root, file), 'utf8');
    const filled = fillIn(document, parts);
    if (filled === document) continue;
    if (isCheck) {
      console.error(`${file} is out of date: run "node scripts/generate-docs.ts" and commit it.`);
      console.error(firstDifference(document, filled));
      process.exitCode = 1;
    } else await writeFile(path.join(root, file), filled);
  }
}

function firstDifference(before: string, after: string): string {
  const [old, fresh] = [before.split('\n'), after.split('\n')];
  const at = old.findIndex((line, index) => line !== fresh[index]);
  return `line ${at + 1}\n- ${old[at] ?? ''}\n+ ${fresh[at] ?? ''}`;
}

if (import.meta.main) await main(process.argv.includes('--check'));
