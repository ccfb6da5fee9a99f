import { tellProgress } from './tell-progress.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

it('says every ten seconds how far a run is', () => {
  const said: string[] = [];
  const tell = tellProgress((line) => void said.push(line));
  for (let second = 1; second <= 25; second++) {
    jest.advanceTimersByTime(1_000);
    tell(() => `${second} of 25`);
  }
  expect(said).toEqual(['...    10 of 25', '...    20 of 25']);
});
