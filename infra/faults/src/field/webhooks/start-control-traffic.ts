import { gidOf } from '@core/contracts';
import { pause } from '@core/runtime';
import { eventually } from '../../eventually.ts';
import type { Tally } from '../format.ts';
import type { FieldStack } from '../stack.ts';
import { validWebhook } from './generate.ts';
import { sendWebhook } from './send.ts';

/**
 * The longest permitted wait of a webhook of a fault-free shop while those of others are refused and given
 * up.
 */
const LONGEST_WAIT_MS = 60_000;

/**
 * Sends valid webhooks of a separate shop in parallel to all inputs, each after the previous one was applied.
 * A webhook that waits too long is a violation.
 * @returns a function that stops it
 */
export async function startControlTraffic(
  stack: FieldStack,
  tally: Tally,
  signal: AbortSignal,
): Promise<{ end(): Promise<void> }> {
  const { merchantId, shop, far } = await stack.newShop();
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  const running = (async () => {
    for (let number = 1; !stopped.aborted; number++) {
      const begun = performance.now();
      const reply = await sendWebhook(
        stack.httpUrl,
        validWebhook({ shop, shopId: far.shopId, number }),
        signal,
      );
      if (reply.status !== 200)
        tally.violated('webhooks of a shop without faults were refused', `${reply.status} ${reply.text}`);
      await eventually('a webhook of a shop without faults to be applied', async () => {
        const { rows } = await stack.owner.query(
          'select from customers where merchant_id = $1 and external_id = $2',
          [merchantId, gidOf(number)],
        );
        return rows.length > 0;
      });
      const ms = performance.now() - begun;
      if (ms > LONGEST_WAIT_MS)
        tally.violated('webhooks of a shop without faults waited too long', `${Math.round(ms)} ms`);
      await pause(100, stopped);
    }
  })();
  return {
    async end() {
      stop.abort();
      await running;
    },
  };
}
