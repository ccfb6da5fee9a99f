import { reportProgress } from './report-progress.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

it('reports the progress of a run every ten seconds', () => {
  const said: string[] = [];
  const tell = reportProgress((line) => void said.push(line));
  for (let second = 1; second <= 25; second++) {
    jest.advanceTimersByTime(1_000);
    tell(() => `${second} of 25`);
  }
  expect(said).toEqual(['...    10 of 25', '...    20 of 25']);
});
