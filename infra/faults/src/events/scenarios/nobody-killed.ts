import { pause } from '@core/runtime';
import type { Scenario } from '../scenario.ts';

/** First, while the ledger is empty: without a fault not one repetition is explained. */
export const nobodyKilled: Scenario[] = [
  {
    name: 'no fault, transactions that commit late',
    async run({ workers, short, signal }) {
      await workers.start();
      const seconds = short ? 8 : 60;
      await pause(1_000 * seconds, signal);
      // The successor of a relay finds an event that the relay has stepped over, out of order by then.
      await workers.stop();
      await workers.start();
      return { faults: 0, note: `${seconds} s, then a worker after the other` };
    },
  },
];
