import { compareShop } from '../compare-shop.ts';
import { checkCompleted, type ImportFixture, type ImportScenario } from '../scenario.ts';
import {
  connect,
  untilEnded,
  newShop,
  startRun,
  untilRun,
  type ConnectedShop,
  type SourceName,
} from '../shops.ts';

const CUSTOMERS = 5_000;

/** Builds scenarios that change the shop once a quarter of it has been read. */
const duringImport = (
  name: string,
  sources: readonly SourceName[],
  change: (shop: ConnectedShop, fixture: ImportFixture) => Promise<void> | void,
  before: (shop: ConnectedShop, fixture: ImportFixture) => Promise<unknown> | void = () => undefined,
): ImportScenario[] =>
  sources.map((source) => ({
    name: `${name}, ${source}`,
    async run(fixture) {
      const { stack, importers } = fixture;
      const shop = await newShop(stack, CUSTOMERS);
      await before(shop, fixture);
      if (importers.all().length === 0) await importers.start();
      const ref = await startRun(stack, shop, source);
      await untilRun(stack, ref, 'in progress', ({ read }) => read > CUSTOMERS / 4);
      await change(shop, fixture);
      const run = await untilEnded(stack, ref);
      const { throttled, limited, refreshed } = shop.far.stats();
      return {
        note: `${throttled + limited} replies of a full bucket, ${refreshed} refreshed tokens`,
        violations: [...checkCompleted(run, CUSTOMERS), ...(await compareShop(stack, shop, source))],
      };
    },
  }));

export const shopifyFaults: ImportScenario[] = [
  ...duringImport('limits that shrink', ['rest', 'graphql'], ({ far }) =>
    far.limit({ rest: { bucket: 40, perSecond: 2 }, graphql: { maximumAvailable: 1_000, restoreRate: 50 } }),
  ),
  ...duringImport('a storm of 429', ['rest', 'graphql'], ({ far }) => {
    far.fault({ kind: 'http429', times: 6 });
    far.fault({ kind: 'http429-bare', times: 4 });
  }),
  ...duringImport('hangs, cut bodies and lost connections', ['graphql', 'bulk'], ({ far }) => {
    for (const kind of ['truncate', 'drop', 'http500', 'hang'] as const) far.fault({ kind });
    for (const kind of ['truncate', 'drop'] as const) far.fault({ kind, on: 'file' });
  }),
  ...duringImport('cursors that expire', ['rest', 'graphql'], ({ far }) => far.expireCursors()),
  ...duringImport('cursors that repeat and loop', ['graphql', 'rest'], ({ far }) => {
    far.fault({ kind: 'repeat-cursor' });
    far.fault({ kind: 'loop-cursor' });
    far.fault({ kind: 'loop-cursor', pages: 3, times: 2 });
  }),
  ...duringImport(
    'tokens that expire',
    ['graphql', 'bulk'],
    ({ far }) => far.tokens.expire(),
    (shop, { stack }) => connect(stack, shop, shop.far.tokens.issue(3_600)),
  ),
  ...(['graphql', 'rest', 'bulk'] as const).map((source): ImportScenario => ({
    name: `edits, deletions, merges and new customers while paging, ${source}`,
    run: (fixture) => changeDuringImport(fixture, source),
  })),
];

/**
 * Changes customers during the import. No webhooks arrive here, so only the next run finds a customer that
 * was deleted after its page was read. After that run, the stored customers are exactly the shop's.
 */
async function changeDuringImport({ stack, importers, random }: ImportFixture, source: SourceName) {
  const shop = await newShop(stack, CUSTOMERS);
  if (importers.all().length === 0) await importers.start();
  const { far } = shop;
  const ref = await startRun(stack, shop, source);
  await untilRun(stack, ref, 'in progress', ({ read }) => read > CUSTOMERS / 4);
  const anyCustomer = () => far.get(random.below(CUSTOMERS))?.id ?? '';
  const deleted = new Set<string>();
  for (let n = 0; n < 30; n++) {
    far.edit(anyCustomer(), { tags: [`edit-${n}`], numberOfOrders: String(n) });
    const [removed, one, two] = [anyCustomer(), anyCustomer(), anyCustomer()];
    if (far.remove(removed)) deleted.add(removed);
    const kept = one === two ? undefined : far.merge(one, two);
    if (kept !== undefined) deleted.add(kept === one ? two : one);
  }
  far.add(40);
  const first = await untilEnded(stack, ref);
  const violations: string[] = [];
  if (first.status !== 'completed')
    violations.push(`the run is ${first.status}: ${first.error ?? 'no reason'}`);
  // All customers except the deleted ones must be correct already.
  const differing = await compareShop(stack, shop, source);
  violations.push(...differing.filter((line) => !line.includes('are stored and not in the shop')));
  const second = await untilEnded(stack, await startRun(stack, shop, source));
  if (second.status !== 'completed')
    violations.push(`the second run is ${second.status}: ${second.error ?? ''}`);
  violations.push(...(await compareShop(stack, shop, source)));
  return { note: `${deleted.size} deleted, 40 new`, violations };
}
