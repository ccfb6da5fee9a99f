import { countJest, failureLines, isGood, stepLine, totalLine } from './results.ts';

const outcome = {
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
  testResults: [],
};

describe('a Jest run', () => {
  it('is good when every test passed', () => {
    expect(countJest('/', 0, outcome)).toEqual({ passed: 3, failed: 0, skipped: 0, failures: [] });
    expect(isGood(countJest('/', 0, outcome))).toBe(true);
  });

  it.each([
    ['a failed test', 1, { ...outcome, numFailedTests: 1 }],
    ['a file that could not be loaded', 1, { ...outcome, numRuntimeErrorTestSuites: 1 }],
    ['a skipped test', 0, { ...outcome, numPendingTests: 1 }],
    ['a todo', 0, { ...outcome, numTodoTests: 1 }],
    ['no test at all', 0, { ...outcome, numPassedTests: 0 }],
    ['a crash after the last test', 1, outcome],
    ['no result file', 0, undefined],
  ])('fails with %s', (_name, code, result) => {
    expect(isGood(countJest('/', code, result))).toBe(false);
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

  it('names the tests that did not pass, up to a maximum', () => {
    const test = { fullName: 'adds', status: 'passed', failureMessages: [] };
    const failed = {
      ...test,
      status: 'failed',
      failureMessages: ['\u001b[31mnot\n  2\u001b[39m\n    at x.ts:1'],
    };
    const { failures } = countJest('/checkout', 1, {
      ...outcome,
      numFailedTests: 1,
      testResults: [
        { name: '/checkout/a.spec.ts', status: 'failed', message: '', assertionResults: [test, failed] },
        { name: '/checkout/b.spec.ts', status: 'failed', message: 'Cannot find c.ts', assertionResults: [] },
        { name: '/checkout/d.spec.ts', status: 'passed', message: '', assertionResults: [test] },
        {
          name: '/checkout/e.spec.ts',
          status: 'passed',
          message: '',
          assertionResults: [{ ...test, status: 'pending' }],
        },
      ],
    });
    expect(failures).toEqual([
      'a.spec.ts: adds: not 2',
      'b.spec.ts: Cannot find c.ts',
      'e.spec.ts: adds: pending',
    ]);
    const [step] = results;
    expect(failureLines([{ ...step!, failures }, step!])).toEqual(failures);
    expect(
      failureLines([{ ...step!, failures: Array.from({ length: 23 }, (_, n) => String(n)) }]).slice(-2),
    ).toEqual(['19', 'and 3 more']);
  });

  it('ends with the totals', () => {
    expect(totalLine(results)).toBe('41 passed, 2 failed, 1 skipped');
  });
});
