import type { Timing } from './measure.ts';

/** Timings that belong together; ratios and differences go by the first. */
export interface Section {
  readonly title: string;
  readonly timings: readonly Timing[];
}

/** A fact that was counted. */
export interface Count {
  readonly label: string;
  readonly count: number;
}

/** 80 columns: the label; median, fastest run and mean processor time in ms; the median beside the first row's, as factor and difference. */
export function formatSection({ title, timings }: Section): string {
  const first = timings[0]?.medianMs ?? 0;
  const rows = timings.map(({ label, medianMs, fastestMs, cpuMs }, index) => {
    const beside = index === 0 ? '' : `${(medianMs / first).toFixed(2)} x`;
    const difference = index === 0 ? '' : signed(medianMs - first);
    return row(label, medianMs.toFixed(0), fastestMs.toFixed(0), cpuMs?.toFixed(0) ?? '', beside, difference);
  });
  const rounds = timings[0]?.rounds ?? 0;
  return [row(`${title} (${rounds} rounds)`, 'median', 'best', 'cpu', 'beside', '+/- ms'), ...rows].join(
    '\n',
  );
}

export function formatCounts(counts: readonly Count[]): string {
  return counts.map(({ label, count }) => label.padEnd(60) + String(count).padStart(6)).join('\n');
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(0)}`;
}

function row(label: string, ...cells: readonly string[]): string {
  return (label.padEnd(40) + cells.map((cell) => cell.padStart(8)).join('')).trimEnd();
}
