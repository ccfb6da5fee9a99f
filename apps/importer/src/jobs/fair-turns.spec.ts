import { createFairTurns } from './fair-turns.ts';

const begin = (turns: ReturnType<typeof createFairTurns>, run: string, jobs: string[]) =>
  jobs.filter((job) => turns.begin(run, job));
const JOBS = ['1', '2', '3', '4', '5', '6', '7', '8'];

describe('fair turns', () => {
  it('leave a share for the run that comes next, however many jobs a run has', () => {
    const turns = createFairTurns(12);
    expect(begin(turns, 'a', JOBS)).toHaveLength(6);
    expect(begin(turns, 'b', JOBS)).toHaveLength(4);
    expect(begin(turns, 'c', JOBS)).toHaveLength(3); // 13: who came first had more, until his pages are over
  });

  it('go round within a run, in the order the jobs came', () => {
    const turns = createFairTurns(4);
    expect(begin(turns, 'a', ['1', '2', '3', '4'])).toEqual(['1', '2']);
    expect(turns.end('a')).toBe('3');
    expect(turns.begin('a', '1')).toBe(false);
    expect(turns.begin('a', '4')).toBe(false);
    expect(turns.begin('a', '3')).toBe(true);
    expect(turns.end('a')).toBe('4');
  });

  it('grow again when other runs end', () => {
    const turns = createFairTurns(12);
    turns.begin('b', '1');
    expect(begin(turns, 'a', JOBS)).toHaveLength(4);
    expect(turns.end('b')).toBeUndefined();
    expect(begin(turns, 'a', ['5', '6', '7', '8'])).toEqual(['5', '6']);
  });

  it('do not wait for a job that went elsewhere', () => {
    let now = 0;
    const turns = createFairTurns(2, () => now);
    turns.begin('a', '1');
    turns.begin('a', '2');
    expect(turns.end('a')).toBe('2');
    expect(turns.begin('a', '3')).toBe(false);
    now = 2_000;
    expect(turns.begin('a', '4')).toBe(true);
  });

  it('give every run one place, even of one', () => {
    const turns = createFairTurns(1);
    expect(turns.begin('a', '1')).toBe(true);
    expect(turns.begin('a', '2')).toBe(false);
    expect(turns.begin('b', '1')).toBe(true);
  });
});
