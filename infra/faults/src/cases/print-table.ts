import type { Outcome } from './case.ts';

/** Longer cells are truncated: the rest of an input of 100,000 letters contains no information. */
const WIDTHS = { input: 110, expected: 60, got: 60 };
const LONGEST = 1_000;

/**
 * Formats the outcomes of a section.
 * @returns lines with ok or FAILED, the door, the input, the expected and the actual outcome; if the two
 *   differ, both follow in full below the table
 */
export function tableOf(outcomes: readonly Outcome[], isAsExpected: (one: Outcome) => boolean): string[] {
  const rows = outcomes.map((one) => [
    isAsExpected(one) ? 'ok    ' : 'FAILED',
    one.door,
    cut(one.input, WIDTHS.input),
    cut(one.expected, WIDTHS.expected),
    cut(one.got, WIDTHS.got),
  ]);
  const all = [['      ', 'door', 'input', 'expected', 'got'], ...rows];
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
    ...failed.flatMap(({ input, expected, got }) => [
      `       ${cut(input, LONGEST)}`,
      `         expected ${cut(expected, LONGEST)}`,
      `         got      ${cut(got, LONGEST)}`,
    ]),
  ];
}

/** Formats a text as one line of visible characters, of at most this length. */
const cut = (text: string, most: number): string => {
  const shown = text.replace(/[\p{C}\p{Z}]/gu, (one) =>
    one === ' ' ? one : `\\u${(one.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
  return shown.length <= most ? shown : `${shown.slice(0, most - 1)}…`;
};
