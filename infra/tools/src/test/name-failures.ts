import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** One spec in the file that `jest --json` writes; only the fields that are read. */
export interface SpecOutcome {
  /** The path of the file. */
  name: string;
  /** The reason why the file could not be loaded, or else Jest's output for its failures. */
  message: string;
  status: string;
  assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
}

const LONGEST = 300;

/** Joins the lines above the stack trace. */
const inOneLine = (message: string): string =>
  (stripVTControlCharacters(message).split('\n    at ', 1)[0] ?? '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST);

/**
 * Returns a line for each test that did not pass, to be printed at the end of a run. Otherwise a reader would
 * have to search a failure in the log of an hour.
 */
export const nameFailures = (root: string, specs: readonly SpecOutcome[]): string[] =>
  specs.flatMap(({ name, message, status, assertionResults }) => {
    const file = relative(root, name);
    const bad = assertionResults.filter((test) => test.status !== 'passed');
    if (bad.length === 0 && status === 'failed') return [`${file}: ${inOneLine(message)}`];
    return bad.map((test) =>
      [`${file}: ${test.fullName}`, test.failureMessages.map(inOneLine)[0] ?? test.status].join(': '),
    );
  });
