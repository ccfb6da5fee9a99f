import { existsSync, readFileSync } from 'node:fs';
import { nameFailures, type SpecOutcome } from './name-failures.ts';

export interface Counts {
  passed: number;
  failed: number;
  /** Skipped, todo or pending: a test that did not run fails the whole run. */
  skipped: number;
  /** The reason of the failure, if Jest's own output does not contain it. */
  problem?: string;
  /** A line for each test that did not pass. */
  failures?: readonly string[];
}

/** One line of the summary. */
export interface StepResult extends Omit<Counts, 'problem'> {
  name: string;
  ms: number;
  note?: string;
}

/** The file that `jest --json` writes; only the fields that are read. */
export interface JestOutcome {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  /** Files that could not be loaded. Their tests are not part of the other numbers. */
  numRuntimeErrorTestSuites: number;
  testResults: SpecOutcome[];
}

/** Reads Jest's result file; undefined when there is none. */
export const readOutcome = (file: string): JestOutcome | undefined =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as JestOutcome) : undefined;

/** Counts the tests of a Jest run. @param outcome undefined if Jest wrote no result */
export function countJest(root: string, code: number, outcome: JestOutcome | undefined): Counts {
  if (!outcome)
    return { passed: 0, failed: 1, skipped: 0, problem: `Jest wrote no result (exit code ${code})` };
  const passed = outcome.numPassedTests;
  const failed = outcome.numFailedTests + outcome.numRuntimeErrorTestSuites;
  const skipped = outcome.numPendingTests + outcome.numTodoTests;
  if (passed + failed + skipped === 0) return { passed, failed: 1, skipped, problem: 'no test was found' };
  if (failed === 0 && code !== 0)
    return { passed, failed: 1, skipped, problem: `Jest exited with code ${code}` };
  const failures = nameFailures(root, outcome.testResults);
  return {
    passed,
    failed,
    skipped,
    failures,
    ...(skipped > 0 && { problem: 'a skipped test fails the run' }),
  };
}

export const isGood = ({ passed, failed, skipped }: Omit<Counts, 'problem'>): boolean =>
  passed > 0 && failed === 0 && skipped === 0;

export const stepLine = (result: StepResult): string => {
  const counts = `${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`;
  const seconds = `${(result.ms / 1000).toFixed(1)} s`;
  const verdict = isGood(result) ? 'ok  ' : 'FAIL';
  const note = result.note ? `  ${result.note}` : '';
  return `${verdict}  ${result.name.padEnd(14)}${seconds.padStart(9)}  ${counts}${note}`;
};

const MAX_NAMED = 20;

/** Returns a line for each test that did not pass; empty when all passed. */
export function failureLines(results: readonly StepResult[]): string[] {
  const all = results.flatMap(({ failures = [] }) => failures);
  const rest = all.length - MAX_NAMED;
  return rest > 0 ? [...all.slice(0, MAX_NAMED), `and ${rest} more`] : all;
}

/** Returns a summary line for a step that ended without test counts. */
export const broken = (name: string, note: string): StepResult => ({
  name,
  ms: 0,
  passed: 0,
  failed: 1,
  skipped: 0,
  note,
});

/** Returns the last line of a run, in a form that parsers of test results understand. */
export const totalLine = (results: StepResult[]): string => {
  const sum = (key: 'passed' | 'failed' | 'skipped') =>
    results.reduce((total, result) => total + result[key], 0);
  return `${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`;
};
