import { pause } from '@core/runtime';
import { eventually } from '../../eventually.ts';
import { compareShop } from '../compare-shop.ts';
import { asCompleted, type ImportScenario } from '../scenario.ts';
import { ended, newShop, start, until } from '../shops.ts';

const CUSTOMERS = 5_000;

export const stopped: ImportScenario[] = [
  {
    name: 'importer stopped, woken after its successor took over',
    async run({ stack, importers, short, signal }) {
      const shop = await newShop(stack, CUSTOMERS);
      await importers.stop();
      const sleeper = await importers.start();
      const ref = await start(stack, shop, 'graphql');
      await until(stack, ref, 'in progress', ({ read }) => read > CUSTOMERS / 4);
      process.kill(sleeper.pid, 'SIGSTOP');
      const since = Date.now();
      try {
        await importers.start();
        const { read } = await until(stack, ref, 'in progress', () => true);
        await eventually('the successor to continue', async () => {
          const run = await until(stack, ref, 'in progress', () => true);
          return run.read > read + 250 || run.finishedAt !== null;
        });
        if (!short) await pause(45_000 - (Date.now() - since), signal);
      } finally {
        process.kill(sleeper.pid, 'SIGCONT');
      }
      const seconds = Math.round((Date.now() - since) / 1_000);
      const run = await ended(stack, ref);
      // By then it has tried to write the page that was in progress when it was stopped.
      await sleeper.stop();
      const violations = [...asCompleted(run, CUSTOMERS), ...(await compareShop(stack, shop))];
      return { note: `stopped for ${seconds} s`, violations };
    },
  },
];
