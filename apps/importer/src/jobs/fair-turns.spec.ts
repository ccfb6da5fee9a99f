import { createFairTurns } from './fair-turns.ts';

const begin = (turns: ReturnType<typeof createFairTurns>, run: string, jobs: string[]) =>
  jobs.filter((job) => turns.begin(run, job));
const JOBS = ['1', '2', '3', '4', '5', '6', '7', '8'];

describe('fair turns', () => {
  it('reserve a share for the next run, regardless of the number of jobs', () => {
    const turns = createFairTurns(12);
    expect(begin(turns, 'a', JOBS)).toHaveLength(6);
    expect(begin(turns, 'b', JOBS)).toHaveLength(4);
    expect(begin(turns, 'c', JOBS)).toHaveLength(3); // 13: earlier runs hold more until their pages end
  });

  it('rotate within a run, in the order of arrival', () => {
    const turns = createFairTurns(4);
    expect(begin(turns, 'a', ['1', '2', '3', '4'])).toEqual(['1', '2']);
    expect(turns.end('a')).toBe('3');
    expect(turns.begin('a', '1')).toBe(false);
    expect(turns.begin('a', '4')).toBe(false);
    expect(turns.begin('a', '3')).toBe(true);
    expect(turns.end('a')).toBe('4');
  });

  it('keep a share for a run between two pages, and release it when the run has ended', () => {
    let now = 0;
    const turns = createFairTurns(4, () => now);
    turns.begin('b', '1');
    expect(begin(turns, 'a', JOBS)).toEqual(['1', '2']); // and one share for the next run
    expect(turns.end('b')).toBeUndefined();
    expect(begin(turns, 'a', ['3'])).toEqual([]);
    expect(turns.begin('b', '2')).toBe(true);
    turns.end('b');
    turns.end('a');
    turns.end('a');
    now = 1_000;
    expect(begin(turns, 'a', ['3', '4', '5'])).toEqual(['3', '4']);
  });

  it('leave only one slot idle, for the next run, with many runs', () => {
    const turns = createFairTurns(32);
    const runs = Array.from({ length: 20 }, (_, n) => `run ${n}`);
    const first = runs.filter((run) => turns.begin(run, '1'));
    expect(first).toHaveLength(20);
    const more = runs.flatMap((run) => begin(turns, run, ['2', '3', '4']));
    expect(first.length + more.length).toBe(31);
    expect(turns.begin('newcomer', '1')).toBe(true);
  });

  it('give a large run the slots that twenty small ones cannot fill, and get slots back page by page', () => {
    const turns = createFairTurns(32);
    const small = Array.from({ length: 20 }, (_, n) => `small ${n}`);
    for (const run of small) turns.begin(run, '1');
    const large = begin(
      turns,
      'large',
      Array.from({ length: 16 }, (_, n) => String(n)),
    );
    expect(large).toHaveLength(11);
    // The small runs may return at any time: their slots are not lent to the large run.
    for (const run of small) {
      turns.end(run);
      expect(turns.begin('large', '15')).toBe(false);
      expect(turns.begin(run, '2')).toBe(true);
    }
    expect(turns.begin('newcomer 1', '1')).toBe(true); // all 32 slots are used now
    expect(turns.end('large')).toBeUndefined();
    expect(turns.begin('newcomer 2', '1')).toBe(true);
    expect(turns.begin('large', '11')).toBe(false);
  });

  it('choose the run with the fewest slots when one is released', () => {
    const turns = createFairTurns(9);
    expect(begin(turns, 'a', ['1', '2', '3', '4'])).toHaveLength(4);
    expect(begin(turns, 'b', ['1', '2', '3', '4'])).toHaveLength(3);
    expect(begin(turns, 'a', ['5'])).toHaveLength(0);
    turns.end('b');
    expect(turns.end('b')).toBe('4');
    turns.end('a');
    expect(turns.end('a')).toBe('4'); // a job of b, which has one slot while a has two
  });

  it('do not wait for a job that moved to another process', () => {
    let now = 0;
    const turns = createFairTurns(2, () => now);
    turns.begin('a', '1');
    turns.begin('a', '2');
    expect(turns.end('a')).toBe('2');
    expect(turns.begin('a', '3')).toBe(false);
    now = 2_000;
    expect(turns.begin('a', '4')).toBe(true);
  });

  it('give every run one slot, even if there is only one', () => {
    const turns = createFairTurns(1);
    expect(turns.begin('a', '1')).toBe(true);
    expect(turns.begin('a', '2')).toBe(false);
    expect(turns.begin('b', '1')).toBe(true);
  });
});
