import { compareShop } from '../compare-shop.ts';
import { checkCompleted, type ImportFixture, type ImportScenario, type ImportVerdict } from '../scenario.ts';
import { untilEnded, newShop, startRun, untilRun, type SourceName } from '../shops.ts';

const CUSTOMERS = 5_000;

/** Breaks a service each time another part of the shop has been read. */
async function breakRepeatedly(
  { stack, importers, short }: ImportFixture,
  source: SourceName,
  breakService: () => Promise<void>,
): Promise<ImportVerdict> {
  const shop = await newShop(stack, CUSTOMERS);
  if (importers.all().length === 0) await importers.start();
  const ref = await startRun(stack, shop, source);
  const times = short ? 1 : 4;
  for (let n = 1; n <= times; n++) {
    await untilRun(stack, ref, 'in progress', ({ read }) => read > (n * CUSTOMERS) / (times + 2));
    await breakService();
  }
  const run = await untilEnded(stack, ref);
  return {
    note: `${times} times, ${source}`,
    violations: [...checkCompleted(run, CUSTOMERS), ...(await compareShop(stack, shop, source))],
  };
}

export const serviceFaults: ImportScenario[] = [
  {
    name: 'Redis flushed',
    run: (fixture) => breakRepeatedly(fixture, 'graphql', () => fixture.stack.redis.flush()),
  },
  {
    name: 'Redis killed and empty when it comes back',
    run: (fixture) => breakRepeatedly(fixture, 'rest', () => fixture.stack.redis.restart()),
  },
  {
    name: 'PostgreSQL killed and restarted',
    run: (fixture) => breakRepeatedly(fixture, 'bulk', () => fixture.stack.restartPostgres()),
  },
];
