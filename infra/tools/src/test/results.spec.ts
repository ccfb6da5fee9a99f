import { countJest, isGood, stepLine, totalLine } from './results.ts';

const outcome = {
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
};

describe('a Jest run', () => {
  it('is good when every test passed', () => {
    expect(countJest(0, outcome)).toEqual({ passed: 3, failed: 0, skipped: 0 });
    expect(isGood(countJest(0, outcome))).toBe(true);
  });

  it.each([
    ['a failed test', 1, { ...outcome, numFailedTests: 1 }],
    ['a file that could not be loaded', 1, { ...outcome, numRuntimeErrorTestSuites: 1 }],
    ['a skipped test', 0, { ...outcome, numPendingTests: 1 }],
    ['a todo', 0, { ...outcome, numTodoTests: 1 }],
    ['no test at all', 0, { ...outcome, numPassedTests: 0 }],
    ['a crash after the last test', 1, outcome],
    ['no result file', 0, undefined],
  ])('is not good with %s', (_name, code, result) => {
    expect(isGood(countJest(code, result))).toBe(false);
  });
});

describe('the report', () => {
  const results = [
    { name: 'lint', ms: 1234, passed: 1, failed: 0, skipped: 0 },
    { name: 'packages', ms: 65_000, passed: 40, failed: 2, skipped: 1, note: 'why' },
  ];

  it('has a line for each step', () => {
    expect(results.map(stepLine)).toEqual([
      'ok    lint              1.2 s  1 passed, 0 failed, 0 skipped',
      'FAIL  packages         65.0 s  40 passed, 2 failed, 1 skipped  why',
    ]);
  });

  it('ends with the sums', () => {
    expect(totalLine(results)).toBe('41 passed, 2 failed, 1 skipped');
  });
});
