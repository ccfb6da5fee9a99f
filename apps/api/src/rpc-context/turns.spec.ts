import { createTurns } from './turns.ts';

it('runs at most so many works at once, in the order of the calls, also after a failure', async () => {
  const takeTurn = createTurns(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const works = Array.from({ length: 5 }, (_, n) =>
    takeTurn(async () => {
      begun.push(n);
      await new Promise<void>((end) => ends.push(end));
      if (n === 1) throw new Error('failed');
      return n;
    }).catch((error: Error) => error.message),
  );
  for (let ended = 0; ended < 5; ended++) {
    await new Promise(setImmediate);
    expect(begun).toEqual([0, 1, 2, 3, 4].slice(0, Math.min(5, ended + 2)));
    ends[ended]!();
  }
  expect(await Promise.all(works)).toEqual([0, 'failed', 2, 3, 4]);
});
