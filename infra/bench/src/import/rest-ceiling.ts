import { pause } from '@core/runtime';
import { countEvents } from '../events/fill-outbox.ts';
import { disturbance, cpuSnapshot, cpuSecondsOf } from '../cpu.ts';
import { describeDisturbance } from '../rounds.ts';
import type { SuiteOptions } from '../suite.ts';
import { importShop, newShop } from './drive-import.ts';
import type { ImportStack } from './open-stack.ts';

/** The maximum number of requests in any second: 40, as the plan demands. */
export const CEILING = 40;
const PAGE = 250;
/**
 * For this long after a start of Redis, the limiter assumes that it lost requests in flight
 * (limiter-scripts.ts).
 */
const RESERVATION_MS = 22_000;

export interface RestCeiling {
  customers: number;
  seconds: number;
  /** Pages per second divided by the ceiling. */
  share: number;
  /** The maximum number of requests that the shop received within any second. */
  worstSecond: number;
  /** Requests refused because of a full bucket. */
  refused: number;
  /** Microseconds per customer, by process. */
  cpuUs: Record<string, number>;
  /** Events that were not yet in Kafka when the import ended. */
  outboxLag: number;
}

/** Imports a whole shop over REST at the ceiling while a worker relays its events, all on this machine. */
export async function measureRestCeiling(
  stack: ImportStack,
  customers: number,
  { say, signal }: Pick<SuiteOptions, 'say' | 'signal'>,
): Promise<RestCeiling> {
  const shop = await newShop(stack, { plan: 'enterprise', customers, latency: [100, 150] });
  say(`rendering the pages of ${customers} customers in advance`);
  await stack.shop(shop.shop, { render: { fields: REST_FIELDS.split(',') } });
  const importer = await stack.start('importer', {
    SHOPIFY_REST: 'true',
    SHOPIFY_CEILING: String(CEILING),
    SHOPIFY_HEADROOM: '0',
  });
  const worker = await stack.start('worker');
  say(
    'importing a small shop, then waiting until the limiter no longer reserves requests that an emptied Redis may have lost',
  );
  await importShop(stack, await newShop(stack, { plan: 'enterprise', customers: 1 }), 'rest', signal);
  await pause(RESERVATION_MS, signal);
  const pids = { ...stack.pids, importer: importer.pid, worker: worker.pid };
  const cpu = () => Object.entries(pids).map(([name, pid]) => [name, cpuSecondsOf([pid])] as const);
  const from = { cpu: new Map(cpu()), snapshot: cpuSnapshot() };
  try {
    const { seconds } = await importShop(stack, shop, 'rest', signal);
    const cpuUs = Object.fromEntries(
      cpu().map(([name, at]) => [name, Math.round((1e6 * (at - (from.cpu.get(name) ?? 0))) / customers)]),
    );
    const events = await countEvents(stack.owner);
    const { worstSecond, throttled, limited, violations } = await stack.shop(shop.shop);
    if (violations.length > 0)
      throw new Error(`the import violated rules of the shop: ${JSON.stringify(violations.slice(0, 3))}`);
    const share = customers / PAGE / seconds / CEILING;
    say(
      `rest_ceiling ${share.toFixed(2)}: ${customers} customers in ${seconds.toFixed(1)} s, at most ${worstSecond} requests in a second, ` +
        `${throttled + limited} refused, CPU us per customer ${JSON.stringify(cpuUs)}  ${describeDisturbance(disturbance(from.snapshot, cpuSnapshot()))}`,
    );
    return {
      customers,
      seconds,
      share,
      worstSecond,
      refused: throttled + limited,
      cpuUs,
      outboxLag: events,
    };
  } finally {
    await importer.stop();
    await worker.stop();
  }
}

/**
 * The fields that the importer requests. With other fields the stand-in would have to render each page again.
 */
const REST_FIELDS = 'id,email,orders_count,total_spent,tags,state,created_at,updated_at';
