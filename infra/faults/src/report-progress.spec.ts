import { reportProgress } from './report-progress.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

it('reports the progress of a run every ten seconds', () => {
  const lines: string[] = [];
  const report = reportProgress((line) => void lines.push(line));
  for (let second = 1; second <= 25; second++) {
    jest.advanceTimersByTime(1_000);
    report(() => `${second} of 25`);
  }
  expect(lines).toEqual(['...    10 of 25', '...    20 of 25']);
});
