import { pause } from '@core/runtime';
import { countEvents } from '../events/fill-outbox.ts';
import { disturbance, now, cpuSecondsOf } from '../cpu.ts';
import { describeDisturbance } from '../rounds.ts';
import type { SuiteOptions } from '../suite.ts';
import { importShop, newShop } from './drive-import.ts';
import type { ImportStack } from './open-stack.ts';

/** Requests in any second; the plan's 40 req/s. */
export const CEILING = 40;
const PAGE = 250;
/** Redis may have forgotten requests on their way for this long after its start (limiter-scripts.ts). */
const RECKONING_MS = 22_000;

export interface RestCeiling {
  customers: number;
  seconds: number;
  /** Pages a second / the ceiling. */
  share: number;
  /** The most requests that the shop saw within any second. */
  worstSecond: number;
  /** Replies of full buckets. */
  refused: number;
  /** Microseconds per customer, by process. */
  cpuUs: Record<string, number>;
  /** Events that were not in Kafka yet when the import ended. */
  outboxLag: number;
}

/** A whole shop by REST at the ceiling, with the worker relaying its events, all on this machine. */
export async function measureRestCeiling(
  stack: ImportStack,
  customers: number,
  { say, signal }: Pick<SuiteOptions, 'say' | 'signal'>,
): Promise<RestCeiling> {
  const shop = await newShop(stack, { plan: 'enterprise', customers, latency: [100, 150] });
  say(`rendering ${customers} customers ahead`);
  await stack.shop(shop.shop, { render: { fields: REST_FIELDS.split(',') } });
  const importer = await stack.start('importer', {
    SHOPIFY_REST: 'true',
    SHOPIFY_CEILING: String(CEILING),
    SHOPIFY_HEADROOM: '0',
  });
  const worker = await stack.start('worker');
  say(
    'a small shop first, until the limiter no longer reckons with what an emptied Redis may have forgotten',
  );
  await importShop(stack, await newShop(stack, { plan: 'enterprise', customers: 1 }), 'rest', signal);
  await pause(RECKONING_MS, signal);
  const pids = { ...stack.pids, importer: importer.pid, worker: worker.pid };
  const cpu = () => Object.entries(pids).map(([name, pid]) => [name, cpuSecondsOf([pid])] as const);
  const from = { cpu: new Map(cpu()), moment: now() };
  try {
    const { seconds } = await importShop(stack, shop, 'rest', signal);
    const cpuUs = Object.fromEntries(
      cpu().map(([name, at]) => [name, Math.round((1e6 * (at - (from.cpu.get(name) ?? 0))) / customers)]),
    );
    const events = await countEvents(stack.owner);
    const { worstSecond, throttled, limited, violations } = await stack.shop(shop.shop);
    if (violations.length > 0)
      throw new Error(`rules of the shop were broken: ${JSON.stringify(violations.slice(0, 3))}`);
    const share = customers / PAGE / seconds / CEILING;
    say(
      `rest_ceiling ${share.toFixed(2)}: ${customers} customers in ${seconds.toFixed(1)} s, worst second ${worstSecond}, ` +
        `${throttled + limited} refused, CPU us a customer ${JSON.stringify(cpuUs)}  ${describeDisturbance(disturbance(from.moment, now()))}`,
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

/** The fields that the importer asks for; with others the stand-in would render each page again. */
const REST_FIELDS = 'id,email,orders_count,total_spent,tags,state,created_at,updated_at';
