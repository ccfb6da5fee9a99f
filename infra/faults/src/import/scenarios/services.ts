import { compareShop } from '../compare-shop.ts';
import { asCompleted, type ImportFixture, type ImportScenario, type ImportVerdict } from '../scenario.ts';
import { ended, newShop, start, until, type SourceName } from '../shops.ts';

const CUSTOMERS = 5_000;

/** Breaks a service each time another part of the shop has been read. */
async function breakAlong(
  { stack, importers, short }: ImportFixture,
  source: SourceName,
  breakIt: () => Promise<void>,
): Promise<ImportVerdict> {
  const shop = await newShop(stack, CUSTOMERS);
  if (importers.all().length === 0) await importers.start();
  const ref = await start(stack, shop, source);
  const times = short ? 1 : 4;
  for (let n = 1; n <= times; n++) {
    await until(stack, ref, 'in progress', ({ read }) => read > (n * CUSTOMERS) / (times + 2));
    await breakIt();
  }
  const run = await ended(stack, ref);
  return {
    note: `${times} times, ${source}`,
    violations: [...asCompleted(run, CUSTOMERS), ...(await compareShop(stack, shop))],
  };
}

export const services: ImportScenario[] = [
  {
    name: 'Redis flushed',
    run: (fixture) => breakAlong(fixture, 'graphql', () => fixture.stack.redis.flush()),
  },
  {
    name: 'Redis killed and empty when it comes back',
    run: (fixture) => breakAlong(fixture, 'rest', () => fixture.stack.redis.restart()),
  },
  {
    name: 'PostgreSQL killed and restarted',
    run: (fixture) => breakAlong(fixture, 'bulk', () => fixture.stack.restartPostgres()),
  },
];
