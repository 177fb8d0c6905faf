import type { Problem, RegistryReport, RegistryStatus, Report, Restart } from './report.ts';

export interface TextStyle {
  /** Columns to wrap at. */
  readonly columns: number;
  readonly color: boolean;
}

const statusWidth = 'unreachable'.length + 2;
const indent = ' '.repeat(statusWidth);

/**
 * The report for a person: a line a registry, the message and the advice under what failed. Words, not signs, carry the
 * status; colour only repeats it.
 */
export function renderText(report: Report, style: TextStyle): string {
  const paint = painter(style.color);
  const width = Math.max(40, Math.min(style.columns, 100));
  const lines: string[] = [];
  const nameWidth = Math.max(0, ...report.registries.map(({ name }) => name.length));
  for (const registry of report.registries) lines.push(...renderRegistry(registry, nameWidth, width, paint));
  for (const image of report.images ?? []) {
    const status = image.pullable === true ? 'ok' : image.pullable === false ? 'failed' : 'unknown';
    lines.push(`${paint(status.padEnd(statusWidth), toneOfStep(status))}${image.image}`);
    lines.push(...wrap(image.digest === null ? image.message : `${image.message} ${image.digest}`, width));
    if (image.advice !== null) lines.push(...renderAdvice(image.advice, width, paint));
  }
  for (const problem of report.problems) lines.push(...renderProblem(problem, width, paint));
  if (report.registries.length === 0 && report.problems.length === 0) lines.push(...renderNothing(report, width));
  lines.push(...renderRestart(report.restart, width, paint));
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

function toneOfStep(status: string): Tone {
  return status === 'ok' ? 'good' : status === 'failed' ? 'bad' : 'plain';
}

function renderRegistry(registry: RegistryReport, nameWidth: number, width: number, paint: Paint): string[] {
  const head = [registry.name.padEnd(nameWidth), registry.server].filter((part) => part !== null).join('  ');
  const lines = [`${paint(registry.status.padEnd(statusWidth), tones[registry.status])}${head}`];
  for (const step of registry.steps ?? []) {
    lines.push(...wrap(`${step.step}: ${step.status === 'ok' ? '' : `${step.status}. `}${step.message}`, width));
  }
  if (registry.steps === undefined || registry.status !== 'ok') lines.push(...wrap(registry.message, width));
  if (registry.advice !== null) lines.push(...renderAdvice(registry.advice, width, paint));
  return lines;
}

function renderProblem(problem: Problem, width: number, paint: Paint): string[] {
  const [first = '', ...rest] = wrap(problem.message, width);
  const lines = [`${paint('problem'.padEnd(statusWidth), 'mild')}${first.trimStart()}`, ...rest];
  return problem.advice === null ? lines : [...lines, ...renderAdvice(problem.advice, width, paint)];
}

function renderAdvice(advice: string, width: number, paint: Paint): string[] {
  return wrap(`To do: ${advice}`, width).map((line) => paint(line, 'plain'));
}

function renderNothing(report: Report, width: number): string[] {
  if (report.command === 'logout') return ['Nothing to log out from.'];
  return wrapAt(
    'No registry secrets here. A set is <NAME>_CONTAINER_REGISTRY_SERVER, _USER and _PASSWORD; see the README for how to hand them to this container.',
    width,
    '',
  );
}

function renderRestart(restart: Restart, width: number, paint: Paint): string[] {
  if (restart.needed === 'no' && restart.reasons.length === 0) return [];
  const verdicts = {
    yes: 'Stop and start needed to see the secrets as they are now:',
    unknown: 'Whether a stop and start is needed is not known:',
    no: 'No stop and start is needed:',
  };
  const lines = ['', paint(verdicts[restart.needed], restart.needed === 'yes' ? 'bad' : 'mild')];
  for (const reason of restart.reasons) lines.push(...wrapAt(reason.message, width, '  ', '- '));
  if (restart.how !== null) lines.push(...wrapAt(restart.how, width, '  ', 'To do: '));
  return lines;
}

function wrap(text: string, width: number): string[] {
  return wrapAt(text, width, indent);
}

/** Breaks at spaces; a word longer than the line (a URL, a command) stays whole so that it can be copied. */
function wrapAt(text: string, width: number, margin: string, lead = ''): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = lines.length === 0 ? lead : '';
    for (const word of paragraph.split(' ')) {
      if (line.trim() !== '' && margin.length + line.length + word.length > width) {
        lines.push(margin + line.trimEnd());
        line = '';
      }
      line += `${word} `;
    }
    lines.push(margin + line.trimEnd());
  }
  return lines;
}
