/** Pixels. */
const fontSize = 14;
const characterWidth = 8.43;
const lineHeight = 20;
const padding = 20;
const columns = 80;

const tones: Readonly<Record<string, string>> = {
  ok: 'good',
  rejected: 'bad',
  unreachable: 'bad',
  error: 'bad',
  unverified: 'mild',
  removed: 'mild',
  problem: 'mild',
};

/** An SVG of a terminal with this text, for light and dark pages; statuses at the start of a line have their colours. */
export function drawTerminal(title: string, text: string): string {
  const lines = text.trimEnd().split('\n');
  const width = Math.ceil(columns * characterWidth + 2 * padding);
  const height = lines.length * lineHeight + 2 * padding;
  const drawn = lines
    .map((line, index) => drawLine(line, padding + index * lineHeight + fontSize))
    .filter((line) => line !== '');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">
<title id="title">${escape(title)}</title>
<style>
.page { fill: #f6f8fa; stroke: #d0d7de; }
text { font: ${fontSize}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328; white-space: pre; }
.good { fill: #1a7f37; font-weight: bold; }
.bad { fill: #cf222e; font-weight: bold; }
.mild { fill: #9a6700; font-weight: bold; }
.typed { font-weight: bold; }
@media (prefers-color-scheme: dark) {
.page { fill: #161b22; stroke: #30363d; }
text { fill: #e6edf3; }
.good { fill: #3fb950; }
.bad { fill: #ff7b72; }
.mild { fill: #d29922; }
}
</style>
<rect class="page" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${drawn.join('\n')}
</svg>
`;
}

function drawLine(line: string, y: number): string {
  if (line.trim() === '') return '';
  const [, status = ''] = /^([a-z]+) {2}/.exec(line) ?? [];
  const tone = tones[status];
  const type = line.startsWith('$ ') ? ' class="typed"' : '';
  // Not every viewer keeps spaces at the start.
  const shown = line.trimStart();
  const content =
    tone === undefined
      ? escape(shown)
      : `<tspan class="${tone}">${status}</tspan>${escape(line.slice(status.length))}`;
  const x = Math.round((padding + (line.length - shown.length) * characterWidth) * 100) / 100;
  // The length keeps columns aligned whatever the font.
  const length = Math.round(shown.length * characterWidth * 100) / 100;
  return `<text x="${x}" y="${y}" textLength="${length}" xml:space="preserve"${type}>${content}</text>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
