import { pause } from '@core/runtime';
import { eventually } from '../../eventually.ts';
import { compareShop } from '../compare-shop.ts';
import { checkCompleted, type ImportScenario } from '../scenario.ts';
import { untilEnded, newShop, startRun, untilRun } from '../shops.ts';

const CUSTOMERS = 5_000;

export const importerStopped: ImportScenario[] = [
  {
    name: 'importer stopped, woken after its successor took over',
    async run({ stack, importers, short, signal }) {
      const shop = await newShop(stack, CUSTOMERS);
      await importers.stop();
      const suspended = await importers.start();
      const ref = await startRun(stack, shop, 'graphql');
      await untilRun(stack, ref, 'in progress', ({ read }) => read > CUSTOMERS / 4);
      process.kill(suspended.pid, 'SIGSTOP');
      const since = Date.now();
      try {
        await importers.start();
        const { read } = await untilRun(stack, ref, 'in progress', () => true);
        await eventually('the successor to continue', async () => {
          const run = await untilRun(stack, ref, 'in progress', () => true);
          return run.read > read + 250 || run.finishedAt !== null;
        });
        if (!short) await pause(45_000 - (Date.now() - since), signal);
      } finally {
        process.kill(suspended.pid, 'SIGCONT');
      }
      const seconds = Math.round((Date.now() - since) / 1_000);
      const run = await untilEnded(stack, ref);
      // By then it has tried to write the page that was in progress when it was stopped.
      await suspended.stop();
      const violations = [...checkCompleted(run, CUSTOMERS), ...(await compareShop(stack, shop))];
      return { note: `stopped for ${seconds} s`, violations };
    },
  },
];
