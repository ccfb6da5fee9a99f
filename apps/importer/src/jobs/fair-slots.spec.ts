import { createFairSlots } from './fair-slots.ts';

const begin = (slots: ReturnType<typeof createFairSlots>, run: string, jobs: string[]) =>
  jobs.filter((job) => slots.begin(run, job));
const JOBS = ['1', '2', '3', '4', '5', '6', '7', '8'];

describe('fair slots', () => {
  it('reserve a share for the next run, regardless of the number of jobs', () => {
    const slots = createFairSlots(12);
    expect(begin(slots, 'a', JOBS)).toHaveLength(6);
    expect(begin(slots, 'b', JOBS)).toHaveLength(4);
    expect(begin(slots, 'c', JOBS)).toHaveLength(3); // 13: earlier runs hold more until their pages end
  });

  it('rotate within a run, in the order of arrival', () => {
    const slots = createFairSlots(4);
    expect(begin(slots, 'a', ['1', '2', '3', '4'])).toEqual(['1', '2']);
    expect(slots.end('a')).toBe('3');
    expect(slots.begin('a', '1')).toBe(false);
    expect(slots.begin('a', '4')).toBe(false);
    expect(slots.begin('a', '3')).toBe(true);
    expect(slots.end('a')).toBe('4');
  });

  it('keep a share for a run between two pages, and release it when the run has ended', () => {
    let now = 0;
    const slots = createFairSlots(4, () => now);
    slots.begin('b', '1');
    expect(begin(slots, 'a', JOBS)).toEqual(['1', '2']); // and one share for the next run
    expect(slots.end('b')).toBeUndefined();
    expect(begin(slots, 'a', ['3'])).toEqual([]);
    expect(slots.begin('b', '2')).toBe(true);
    slots.end('b');
    slots.end('a');
    slots.end('a');
    now = 1_000;
    expect(begin(slots, 'a', ['3', '4', '5'])).toEqual(['3', '4']);
  });

  it('leave only one slot idle, for the next run, with many runs', () => {
    const slots = createFairSlots(32);
    const runs = Array.from({ length: 20 }, (_, n) => `run ${n}`);
    const first = runs.filter((run) => slots.begin(run, '1'));
    expect(first).toHaveLength(20);
    const more = runs.flatMap((run) => begin(slots, run, ['2', '3', '4']));
    expect(first.length + more.length).toBe(31);
    expect(slots.begin('newcomer', '1')).toBe(true);
  });

  it('give a large run the slots that twenty small ones cannot fill, and get slots back page by page', () => {
    const slots = createFairSlots(32);
    const small = Array.from({ length: 20 }, (_, n) => `small ${n}`);
    for (const run of small) slots.begin(run, '1');
    const large = begin(
      slots,
      'large',
      Array.from({ length: 16 }, (_, n) => String(n)),
    );
    expect(large).toHaveLength(11);
    // The small runs may return at any time: their slots are not lent to the large run.
    for (const run of small) {
      slots.end(run);
      expect(slots.begin('large', '15')).toBe(false);
      expect(slots.begin(run, '2')).toBe(true);
    }
    expect(slots.begin('newcomer 1', '1')).toBe(true); // all 32 slots are used now
    expect(slots.end('large')).toBeUndefined();
    expect(slots.begin('newcomer 2', '1')).toBe(true);
    expect(slots.begin('large', '11')).toBe(false);
  });

  it('choose the run with the fewest slots when one is released', () => {
    const slots = createFairSlots(9);
    expect(begin(slots, 'a', ['1', '2', '3', '4'])).toHaveLength(4);
    expect(begin(slots, 'b', ['1', '2', '3', '4'])).toHaveLength(3);
    expect(begin(slots, 'a', ['5'])).toHaveLength(0);
    slots.end('b');
    expect(slots.end('b')).toBe('4');
    slots.end('a');
    expect(slots.end('a')).toBe('4'); // a job of b, which has one slot while a has two
  });

  it('do not wait for a job that moved to another process', () => {
    let now = 0;
    const slots = createFairSlots(2, () => now);
    slots.begin('a', '1');
    slots.begin('a', '2');
    expect(slots.end('a')).toBe('2');
    expect(slots.begin('a', '3')).toBe(false);
    now = 2_000;
    expect(slots.begin('a', '4')).toBe(true);
  });

  it('give every run one slot, even if there is only one', () => {
    const slots = createFairSlots(1);
    expect(slots.begin('a', '1')).toBe(true);
    expect(slots.begin('a', '2')).toBe(false);
    expect(slots.begin('b', '1')).toBe(true);
  });
});
