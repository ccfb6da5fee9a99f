import type { ImportRun } from '@core/domain';
import { showImportProgress } from './show-import-progress.ts';

const run = { status: 'running', read: 0, expected: 100, waitingReason: null } as ImportRun;

it('prints a new status at once, and the counters every five seconds', () => {
  const notes: string[] = [];
  const note = (line: string) => void notes.push(line);
  let now = 0;
  const show = showImportProgress(
    { interactive: false, note, print: note, progress: note, confirm: async () => false },
    () => now,
  );
  const at = (seconds: number, change: Partial<ImportRun>) => {
    now = seconds * 1_000;
    show({ ...run, ...change }, { rate: 10 });
  };
  at(0, { read: 1 });
  at(1, { read: 2 });
  at(2, { read: 3, waitingReason: 'Shopify asks to wait 2.0 s' });
  at(3, { read: 4, waitingReason: 'Shopify asks to wait 2.0 s' });
  at(4, { read: 5 });
  at(8, { read: 6 });
  at(9, { read: 7 });
  at(10, { read: 7, status: 'paused', waitingReason: 'Shopify does not answer' });
  expect(notes).toEqual([
    '1 of 100 customers read, 10/s',
    '3 of 100 customers read, 10/s; Shopify asks to wait 2.0 s',
    '5 of 100 customers read, 10/s',
    '7 of 100 customers read, 10/s',
    '7 of 100 customers read, paused; Shopify does not answer',
  ]);
});
