import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** One spec of the file that `jest --json` writes, as far as we read it. */
export interface SpecOutcome {
  /** The path of the file. */
  name: string;
  /** Why the file could not be loaded; otherwise what Jest prints of its failures. */
  message: string;
  status: string;
  assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
}

const LONGEST = 300;

/** The lines above the stack, in one. */
const inOneLine = (message: string): string =>
  (stripVTControlCharacters(message).split('\n    at ', 1)[0] ?? '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST);

/**
 * A line for each test that did not pass, for the end of a run: otherwise a failure in a log of an hour is
 * found only by a reader who has all of it.
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
