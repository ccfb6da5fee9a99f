import { awaitTrap } from '../../await-trap.ts';
import type { Trap, TrapProxy, TrapTiming } from '../../trap-proxy.ts';
import { compareShop } from '../compare-shop.ts';
import { checkCompleted, type ImportFixture, type ImportScenario } from '../scenario.ts';
import { untilEnded, newShop, startRun, type SourceName } from '../shops.ts';
import type { ImportStack } from '../stack.ts';

const CUSTOMERS = 4_000;

interface Boundary {
  name: string;
  proxy: (stack: ImportStack) => TrapProxy;
  trap: () => Trap;
  when: TrapTiming;
}

const has = (text: string) => (): Trap => (bytes) => bytes.includes(text);

const MOVES_CHECKPOINT = 'update "customer_import_slices" set "cursor" = $1::varchar, "page"';

/** Waits for the COMMIT of a transaction that has saved a checkpoint. */
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
    trap: has('from "erasure_tombstones"'),
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

/** Returns a trap that triggers at the n-th match, counted over all connections. */
const nth = (n: number, trap: () => Trap): (() => Trap) => {
  let left = n;
  return () => {
    const each = trap();
    return (bytes) => each(bytes) && --left <= 0;
  };
};

export const importerKilled = (['graphql', 'rest', 'bulk'] as const).map((source): ImportScenario => ({
  name: `importer killed at every boundary, ${source}`,
  run: (fixture) => killAtEach(fixture, source),
}));

/**
 * Kills an importer at each boundary, in random order. A run may end before it reaches the next boundary (a
 * bulk run queries Shopify's API only at its start): the run of another shop then continues with that
 * boundary.
 */
async function killAtEach(fixture: ImportFixture, source: SourceName) {
  const { random, short } = fixture;
  const left = random.shuffled(Array.from({ length: short ? 1 : 4 }, () => BOUNDARIES).flat());
  const total = left.length;
  const violations: string[] = [];
  let runs = 0;
  for (let reached = 1; left.length > 0 && reached > 0; runs++) {
    const before = left.length;
    violations.push(...(await killOneRun(fixture, source, left)));
    reached = before - left.length;
  }
  if (left.length > 0) violations.push(`a run reached none of ${left.map(({ name }) => name).join(', ')}`);
  return { note: `${total - left.length} kills in ${runs} runs`, violations };
}

/** Imports one shop, and removes the boundaries that its run reaches from `left`. @returns the violations */
async function killOneRun(
  { stack, importers, random, signal }: ImportFixture,
  source: SourceName,
  left: Boundary[],
): Promise<string[]> {
  const shop = await newShop(stack, CUSTOMERS);
  const ref = await startRun(stack, shop, source);
  const over = untilEnded(stack, ref).then(() => 'over' as const);
  for (let [boundary] = left; boundary; [boundary] = left) {
    if (importers.all().length === 0) await importers.start();
    const runEnded = new AbortController();
    const { proxy, trap, when } = boundary;
    const nthTrap = nth(1 + random.below(2), trap);
    const until = AbortSignal.any([signal, runEnded.signal]);
    const triggered = awaitTrap({ signal: until }, proxy(stack), nthTrap, when, () => importers.kill());
    if ((await Promise.race([triggered, over])) === 'over') {
      runEnded.abort(new Error('the run is over'));
      await triggered.catch(() => undefined);
      break;
    }
    left.shift();
  }
  if (importers.all().length === 0) await importers.start();
  const run = await untilEnded(stack, ref);
  return [...checkCompleted(run, CUSTOMERS), ...(await compareShop(stack, shop, source))];
}
