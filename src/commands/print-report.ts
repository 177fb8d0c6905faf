import { renderJson } from '../core/report-json.ts';
import { renderText } from '../core/report-text.ts';
import type { Report } from '../core/report.ts';
import type { System } from '../io/system.ts';

/** Prints the report to stdout, as text or as one JSON object. */
export function printReport(system: System, report: Report, json: boolean): void {
  if (json) {
    system.stdout.write(renderJson(report));
    return;
  }
  const { isTTY, columns } = system.stdout;
  // no-color.org: any value but the empty one turns colour off.
  const color = isTTY && (system.env['NO_COLOR'] ?? '') === '' && system.env['TERM'] !== 'dumb';
  system.stdout.write(renderText(report, { columns: isTTY ? columns : 80, color }));
}
