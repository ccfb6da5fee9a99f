import type { Outcome } from './case.ts';

/** Longer cells are truncated: the rest of an input of 100,000 letters contains no information. */
const WIDTHS = { input: 110, expected: 60, actual: 60 };
const LONGEST = 1_000;

/**
 * Formats the outcomes of a section.
 * @returns lines with ok or FAILED, the entry point, the input, the expected and the actual outcome; if they
 *   differ, both follow in full below the table
 */
export function formatTable(outcomes: readonly Outcome[], isAsExpected: (one: Outcome) => boolean): string[] {
  const rows = outcomes.map((one) => [
    isAsExpected(one) ? 'ok    ' : 'FAILED',
    one.entryPoint,
    truncate(one.input, WIDTHS.input),
    truncate(one.expected, WIDTHS.expected),
    truncate(one.actual, WIDTHS.actual),
  ]);
  const all = [['      ', 'entry point', 'input', 'expected', 'actual'], ...rows];
  const widths = (all[0] ?? []).map((_, n) => Math.max(...all.map((row) => row[n]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, n) => cell.padEnd(widths[n] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const failed = outcomes.filter((one) => !isAsExpected(one));
  return [
    ...lines,
    ...failed.flatMap(({ input, expected, actual }) => [
      `       ${truncate(input, LONGEST)}`,
      `         expected ${truncate(expected, LONGEST)}`,
      `         actual   ${truncate(actual, LONGEST)}`,
    ]),
  ];
}

/** Formats a text as one line of visible characters, of at most this length. */
const truncate = (text: string, maxLength: number): string => {
  const escaped = text.replace(/[\p{C}\p{Z}]/gu, (one) =>
    one === ' ' ? one : `\\u${(one.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
  return escaped.length <= maxLength ? escaped : `${escaped.slice(0, maxLength - 1)}…`;
};
