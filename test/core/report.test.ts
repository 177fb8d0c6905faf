import { describe, expect, test } from 'vitest';
import {
  exitCodeOf,
  type ImageReport,
  type Problem,
  type ProblemCode,
  type RegistryStatus,
  type Report,
} from '../../src/core/report.ts';
import { imageReport, problem, registryReport, report } from '../support/reports.ts';

function withStatuses(...statuses: RegistryStatus[]): Report {
  return report({
    registries: statuses.map((status, index) => registryReport({ name: `R${index}`, status })),
  });
}

function withProblems(...codes: ProblemCode[]): Report {
  return report({
    registries: [registryReport({})],
    problems: codes.map((code): Problem => problem({ code })),
  });
}

describe('0: all well', () => {
  test('also when there is no set', () => {
    expect(exitCodeOf(report({}))).toBe(0);
  });

  test.each<RegistryStatus>(['ok', 'unverified', 'removed', 'planned'])('%s', (status) => {
    expect(exitCodeOf(withStatuses(status))).toBe(0);
  });

  test.each<ProblemCode>(['duplicate-server', 'secrets-file', 'helper-not-found'])(
    '%s is a remark',
    (code) => {
      expect(exitCodeOf(withProblems(code))).toBe(0);
    },
  );

  test('a stop and start that is needed is for status --exit-code to say', () => {
    expect(exitCodeOf(report({ restart: { needed: 'yes', reasons: [], how: null } }))).toBe(0);
  });

  test('images that can be pulled', () => {
    expect(exitCodeOf(report({ images: [imageReport({ pullable: true })] }))).toBe(0);
  });
});

describe('1: something failed or is incomplete', () => {
  test.each<RegistryStatus>(['rejected', 'unreachable', 'error'])(
    '%s, also beside one that is ok',
    (status) => {
      expect(exitCodeOf(withStatuses(status))).toBe(1);
      expect(exitCodeOf(withStatuses('ok', status))).toBe(1);
      expect(exitCodeOf(withStatuses(status, 'ok'))).toBe(1);
    },
  );

  test.each<ProblemCode>(['incomplete-set', 'near-miss', 'unknown-name', 'invalid-option'])('%s', (code) => {
    expect(exitCodeOf(withProblems(code))).toBe(1);
  });

  test.each<ImageReport['pullable']>([false, null])('an image with pullable %s', (pullable) => {
    expect(exitCodeOf(report({ images: [imageReport({ pullable: true }), imageReport({ pullable })] }))).toBe(
      1,
    );
  });
});

describe('3: a config or state file could not be used', () => {
  test.each<ProblemCode>(['config-file', 'state-file'])('%s, whatever else happened', (code) => {
    expect(exitCodeOf(withProblems(code))).toBe(3);
    expect(exitCodeOf(withProblems('incomplete-set', code))).toBe(3);
    expect(exitCodeOf({ ...withStatuses('rejected'), problems: [problem({ code })] })).toBe(3);
  });
});
