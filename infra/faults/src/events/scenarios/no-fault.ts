import { pause } from '@core/runtime';
import type { Scenario } from '../scenario.ts';

/** Runs first, while the ledger is empty: without a fault, no duplicate is allowed. */
export const noFault: Scenario[] = [
  {
    name: 'no fault, transactions that commit late',
    async run({ workers, short, signal }) {
      await workers.start();
      const seconds = short ? 8 : 60;
      await pause(1_000 * seconds, signal);
      // The successor of a relay finds an event that the relay has skipped; by then it is out of order.
      await workers.stop();
      await workers.start();
      return { faults: 0, note: `${seconds} s, then one worker after another` };
    },
  },
];
