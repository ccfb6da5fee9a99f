import { springs } from '../../springs.ts';
import type { Trap, TrapProxy, When } from '../../trap-proxy.ts';
import { compareShop } from '../compare-shop.ts';
import { asCompleted, type ImportFixture, type ImportScenario } from '../scenario.ts';
import { ended, newShop, start, type SourceName } from '../shops.ts';
import type { ImportStack } from '../stack.ts';

const CUSTOMERS = 4_000;

interface Boundary {
  name: string;
  proxy: (stack: ImportStack) => TrapProxy;
  trap: () => Trap;
  when: When;
}

const has = (text: string) => (): Trap => (bytes) => bytes.includes(text);

const MOVES_CHECKPOINT = 'update customer_import_slices\n        set cursor';

/** The COMMIT of a transaction that has moved a checkpoint. */
const commitsPage = (): Trap => {
  let moved = false;
  return (bytes) => {
    moved ||= bytes.includes(MOVES_CHECKPOINT);
    return moved && /commit/i.test(bytes.toString('latin1'));
  };
};

const BOUNDARIES: Boundary[] = [
  {
    name: 'before fetch',
    proxy: ({ shopifyProxy }) => shopifyProxy,
    trap: has('/admin/api/'),
    when: 'before',
  },
  {
    name: 'after fetch',
    proxy: ({ postgresProxy }) => postgresProxy,
    trap: has('from erasure_tombstones'),
    when: 'before',
  },
  {
    name: 'in the transaction',
    proxy: ({ postgresProxy }) => postgresProxy,
    trap: has(MOVES_CHECKPOINT),
    when: 'before',
  },
  { name: 'at its commit', proxy: ({ postgresProxy }) => postgresProxy, trap: commitsPage, when: 'after' },
  {
    name: 'before the next job',
    proxy: ({ redisProxy }) => redisProxy,
    trap: has('import-page'),
    when: 'before',
  },
];

/** The trap springs at the n-th time, counted over all connections. */
const nth = (n: number, trap: () => Trap): (() => Trap) => {
  let left = n;
  return () => {
    const each = trap();
    return (bytes) => each(bytes) && --left <= 0;
  };
};

export const killed = (['graphql', 'rest', 'bulk'] as const).map((source): ImportScenario => ({
  name: `importer killed at every boundary, ${source}`,
  run: (fixture) => killAtEach(fixture, source),
}));

async function killAtEach(fixture: ImportFixture, source: SourceName) {
  const { stack, importers, random, short } = fixture;
  const boundaries = random.shuffled(Array.from({ length: short ? 1 : 4 }, () => BOUNDARIES).flat());
  const shop = await newShop(stack, CUSTOMERS);
  const ref = await start(stack, shop, source);
  const reached: string[] = [];
  for (const { name, proxy, trap, when } of boundaries) {
    if (importers.all().length === 0) await importers.start();
    const given = new AbortController();
    const signal = AbortSignal.any([fixture.signal, given.signal]);
    const nthTrap = nth(1 + random.below(2), trap);
    const sprung = springs({ signal }, proxy(stack), nthTrap, when, () => importers.kill());
    const over = ended(stack, ref).then(() => 'over' as const);
    // A run that ends first has met the faults before this one.
    if ((await Promise.race([sprung, over])) === 'over') {
      given.abort(new Error('the run is over'));
      await sprung.catch(() => undefined);
      break;
    }
    reached.push(name);
  }
  if (importers.all().length === 0) await importers.start();
  const run = await ended(stack, ref);
  const violations = [...asCompleted(run, CUSTOMERS), ...(await compareShop(stack, shop))];
  if (reached.length < BOUNDARIES.length)
    violations.push(`the run met ${reached.length} of ${boundaries.length} kills only`);
  return { note: `${reached.length} kills`, violations };
}
