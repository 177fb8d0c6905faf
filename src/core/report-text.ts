import { notReached } from './doctor-steps.ts';
import { toPrintable } from './printable.ts';
import type {
  ImageReport,
  Problem,
  RegistryReport,
  RegistryStatus,
  Report,
  RestartReason,
  Step,
} from './report.ts';

export interface TextStyle {
  /** Columns to wrap at; 0 where unknown. */
  readonly columns: number;
  readonly color: boolean;
}

const statusWidth = 'unreachable'.length + 2;
const indent = ' '.repeat(statusWidth);
const stepWidth = 'variables'.length + 2;
const stepIndent = ' '.repeat(statusWidth + stepWidth);
/** Under so many columns steps get no column of their own. */
const narrow = 72;
/** From this many on, the failures among them are easily missed. */
const manyRegistries = 6;

/**
 * The report for a person: a line a registry, the message and the advice under what failed. Words, not signs, carry the
 * status; colour only repeats it.
 */
export function renderText(report: Report, style: TextStyle): string {
  const paint = painter(style.color);
  const width = Math.max(40, Math.min(style.columns > 0 ? style.columns : 80, 100));
  const images = report.images ?? [];
  const lines = [
    ...renderRegistries(report.registries, width, paint),
    ...images.flatMap((image) => renderImage(image, width, paint)),
    ...withoutRepeats(report.problems).flatMap((problem) => renderProblem(problem, width, paint)),
  ];
  if (lines.length === 0) lines.push(...renderNothing(report, width));
  lines.push(...renderRestart(report, width, paint));
  return `${lines.join('\n')}\n`;
}

type Tone = 'good' | 'bad' | 'mild' | 'plain';
type Paint = (text: string, tone: Tone) => string;

function painter(color: boolean): Paint {
  const codes: Record<Tone, string> = { good: '32', bad: '31', mild: '33', plain: '0' };
  return (text, tone) => (color && tone !== 'plain' ? `\u001B[${codes[tone]}m${text}\u001B[0m` : text);
}

const tones: Record<RegistryStatus, Tone> = {
  ok: 'good',
  unverified: 'mild',
  rejected: 'bad',
  unreachable: 'bad',
  error: 'bad',
  removed: 'mild',
  planned: 'plain',
};

function renderRegistries(registries: readonly RegistryReport[], width: number, paint: Paint): string[] {
  const nameWidth = Math.max(0, ...registries.map(({ name }) => name.length));
  const serverWidth = Math.max(0, ...registries.filter(isQuiet).map(({ server }) => server?.length ?? 0));
  const messageAt = statusWidth + nameWidth + 2 + serverWidth + 2;
  // All of them on a line each, or none: a mixture is hard to read.
  const isShort = registries.filter(isQuiet).every(({ message }) => messageAt + message.length <= width);
  const lines = registries.flatMap((registry) => {
    const status = paint(registry.status.padEnd(statusWidth), tones[registry.status]);
    const name = registry.name.padEnd(nameWidth);
    const server = toPrintable(registry.server ?? '');
    if (isShort && isQuiet(registry)) {
      return [`${status}${name}  ${server.padEnd(serverWidth)}  ${toPrintable(registry.message)}`];
    }
    const isNarrow = statusWidth + name.length + 2 + server.length > width;
    const head = isNarrow
      ? [`${status}${registry.name}`, `${indent}${server}`]
      : [`${status}${`${name}  ${server}`.trimEnd()}`];
    return [...head, ...renderDetails(registry, width, paint)];
  });
  if (registries.length >= manyRegistries) lines.push(...wrapAt(countStatuses(registries), width, ''));
  return lines;
}

/** Has nothing to say that needs a line of its own. */
function isQuiet({ status, advice, steps }: RegistryReport): boolean {
  return (
    (status === 'ok' || status === 'planned' || status === 'removed') &&
    advice === null &&
    steps === undefined
  );
}

function renderDetails(registry: RegistryReport, width: number, paint: Paint): string[] {
  const { steps, message, advice } = registry;
  if (steps === undefined)
    return [...wrap(message, width), ...(advice === null ? [] : renderAdvice(advice, width))];
  const isSaid = steps.some((step) => step.message === message);
  return [
    ...steps.flatMap((step) => renderStep(step, width, paint)),
    ...(isSaid || registry.status === 'ok' ? [] : wrap(message, width)),
    ...(isSaid || advice === null ? [] : renderAdvice(advice, width)),
  ];
}

/** What a failure left out is not worth a line. */
function renderStep({ step, status, message, advice }: Step, width: number, paint: Paint): string[] {
  if (status === 'skipped' && message === notReached) return [];
  const text = status === 'failed' ? `failed: ${message}` : message;
  const nextStep = advice === null ? [] : [`To do: ${advice}`];
  if (width < narrow) return [`${step}: ${text}`, ...nextStep].flatMap((line) => wrap(line, width));
  const [first = '', ...rest] = wrapAt(text, width, stepIndent);
  const head = `${indent}${step.padEnd(stepWidth)}`;
  const painted = first
    .trimStart()
    .replace(/^failed:/, (word) => (status === 'failed' ? paint(word, 'bad') : word));
  return [`${head}${painted}`, ...rest, ...nextStep.flatMap((line) => wrapAt(line, width, stepIndent))];
}

/** `33 registries: 31 ok, 1 rejected, 1 unreachable.` */
function countStatuses(registries: readonly RegistryReport[]): string {
  const statuses = Object.keys(tones).map((status) => [
    status,
    registries.filter((one) => one.status === status).length,
  ]);
  const counts = statuses.filter(([, count]) => count !== 0).map(([status, count]) => `${count} ${status}`);
  return `${registries.length} registries: ${counts.join(', ')}.`;
}

function renderImage(image: ImageReport, width: number, paint: Paint): string[] {
  const [status, tone]: [string, Tone] =
    image.pullable === null ? ['unknown', 'mild'] : image.pullable ? ['ok', 'good'] : ['failed', 'bad'];
  return [
    `${paint(status.padEnd(statusWidth), tone)}${toPrintable(image.image)}`,
    ...wrap(image.message, width),
    ...(image.digest === null ? [] : wrap(image.digest, width)),
    ...(image.advice === null ? [] : renderAdvice(image.advice, width)),
  ];
}

/** An incomplete set's advice already says which near miss to rename. */
function withoutRepeats(problems: readonly Problem[]): readonly Problem[] {
  const said = problems.filter(({ code }) => code === 'incomplete-set').map(({ advice }) => advice ?? '');
  return problems.filter(({ code, variables: [variable] }) => {
    return code !== 'near-miss' || !said.some((advice) => advice.includes(`Rename ${variable} to `));
  });
}

function renderProblem(problem: Problem, width: number, paint: Paint): string[] {
  const [first = '', ...rest] = wrap(problem.message, width);
  const lines = [`${paint('problem'.padEnd(statusWidth), 'mild')}${first.trimStart()}`, ...rest];
  return problem.advice === null ? lines : [...lines, ...renderAdvice(problem.advice, width)];
}

function renderAdvice(advice: string, width: number): string[] {
  return wrap(`To do: ${advice}`, width);
}

function renderNothing({ command }: Report, width: number): string[] {
  const text =
    command === 'logout'
      ? 'Nothing to log out from.'
      : 'No registry secrets here. A set of them is <NAME>_CONTAINER_REGISTRY_SERVER, <NAME>_CONTAINER_REGISTRY_USER and ' +
        '<NAME>_CONTAINER_REGISTRY_PASSWORD.';
  return wrapAt(text, width, '');
}

function renderRestart({ command, restart }: Report, width: number, paint: Paint): string[] {
  // A logout or a dry run asks nobody: there is no verdict to print.
  if (restart.needed !== 'yes' && restart.reasons.length === 0 && command !== 'status') return [];
  // The other reasons repeat what stands above: a set that is incomplete, a login that was rejected.
  const reasons = restart.reasons.filter(({ source }) => source !== 'heuristic');
  if (restart.needed === 'unknown' && reasons.length === 0 && restart.how !== null)
    return ['', ...wrapAt(restart.how, width, '')];
  const isShellBehind = reasons.length > 0 && reasons.every(({ source }) => source === 'secrets-file');
  const [verdict, tone] = isShellBehind ? shellBehind : restartVerdicts[restart.needed];
  return [
    '',
    ...wrapAt(verdict, width, '').map((line) => paint(line, tone)),
    ...groupReasons(reasons).flatMap((message) => wrapAt(`- ${message}`, width, '', '  ')),
    ...(restart.how === null ? [] : wrapAt(`To do: ${restart.how}`, width, '')),
  ];
}

/** What is the same for several secrets is said once: `A, B and C are in FILE, and not in this shell.` */
function groupReasons(reasons: readonly RestartReason[]): string[] {
  const groups = new Map<string, RestartReason[]>();
  for (const reason of reasons) {
    const { secret, message } = reason;
    const rest = message.startsWith(`${secret} `) ? message.slice(secret.length) : message;
    groups.set(rest, [...(groups.get(rest) ?? []), reason]);
  }
  return [...groups].flatMap(([rest, group]) => {
    const [verb = ''] = /^ (?:is a secret|is|was|has)\b/.exec(rest) ?? [];
    const plural = plurals[verb];
    if (group.length === 1 || plural === undefined) return group.map(({ message }) => message);
    const secrets = group.map(({ secret }) => secret);
    return [`${secrets.slice(0, -1).join(', ')} and ${secrets.at(-1)}${plural}${rest.slice(verb.length)}`];
  });
}

const plurals: Readonly<Record<string, string>> = {
  ' is a secret': ' are secrets',
  ' is': ' are',
  ' was': ' were',
  ' has': ' have',
};

const shellBehind: readonly [string, Tone] = ['This shell is behind the secrets of the codespace.', 'bad'];

const restartVerdicts: Record<Report['restart']['needed'], readonly [string, Tone]> = {
  yes: ['A stop and start of the container is needed.', 'bad'],
  unknown: ['Whether a stop and start of the container is needed is not known.', 'mild'],
  no: ['No stop and start of the container is needed.', 'plain'],
};

function wrap(text: string, width: number): string[] {
  return wrapAt(text, width, indent);
}

/** Breaks at spaces; a word longer than the line (a URL) and a command in backticks stay whole so that they can be copied. */
function wrapAt(text: string, width: number, margin: string, hangingIndent = ''): string[] {
  const lines: string[] = [];
  for (const paragraph of toPrintable(text).split('\n')) {
    let line = '';
    for (const word of paragraph.match(/(?:`[^`]*`|[^\s`]|`)+/g) ?? []) {
      if (line !== '' && `${line} ${word}`.length > width) {
        lines.push(line);
        line = '';
      }
      const indented = lines.length === 0 ? margin : `${margin}${hangingIndent}`;
      // A long word may begin further to the left.
      line =
        line === '' ? `${indented.slice(0, Math.max(0, width - word.length))}${word}` : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}
