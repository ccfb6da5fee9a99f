import { pause } from '@core/runtime';
import { patiently } from '../../patiently.ts';
import { compareShop } from '../compare-shop.ts';
import { asCompleted, type ImportScenario } from '../scenario.ts';
import { ended, newShop, start, until } from '../shops.ts';

const CUSTOMERS = 5_000;

export const stopped: ImportScenario[] = [
  {
    name: 'importer stopped, woken behind its successor',
    async run({ stack, importers, short, signal }) {
      const shop = await newShop(stack, CUSTOMERS);
      await importers.stop();
      const sleeper = await importers.start();
      const ref = await start(stack, shop, 'graphql');
      await until(stack, ref, 'under way', ({ read }) => read > CUSTOMERS / 4);
      process.kill(sleeper.pid, 'SIGSTOP');
      const since = Date.now();
      try {
        await importers.start();
        const { read } = await until(stack, ref, 'under way', () => true);
        await patiently('the successor to go on', async () => {
          const run = await until(stack, ref, 'under way', () => true);
          return run.read > read + 250 || run.finishedAt !== null;
        });
        if (!short) await pause(45_000 - (Date.now() - since), signal);
      } finally {
        process.kill(sleeper.pid, 'SIGCONT');
      }
      const seconds = Math.round((Date.now() - since) / 1_000);
      const run = await ended(stack, ref);
      // By then it has tried to write the work that it had in hand when it was stopped.
      await sleeper.stop();
      const violations = [...asCompleted(run, CUSTOMERS), ...(await compareShop(stack, shop))];
      return { note: `stopped for ${seconds} s`, violations };
    },
  },
];
