import { gidOf } from '@core/contracts';
import { pause } from '@core/runtime';
import { patiently } from '../../patiently.ts';
import type { Tally } from '../format.ts';
import type { FieldStack } from '../stack.ts';
import { soundWebhook } from './generate.ts';
import { sendWebhook } from './send.ts';

/** The longest wait of a webhook of a shop without faults while others' are refused and given up. */
const LONGEST_WAIT_MS = 60_000;

/**
 * Sends sound webhooks of a shop of its own beside all inputs, one after another, each when the last one was applied.
 * @returns how to end it; each that waited too long is a violation
 */
export async function bystand(
  stack: FieldStack,
  tally: Tally,
  signal: AbortSignal,
): Promise<{ end(): Promise<void> }> {
  const { merchantId, shop, far } = await stack.newShop();
  const ended = new AbortController();
  const over = AbortSignal.any([signal, ended.signal]);
  const running = (async () => {
    for (let number = 1; !over.aborted; number++) {
      const begun = performance.now();
      const reply = await sendWebhook(
        stack.httpUrl,
        soundWebhook({ shop, shopId: far.shopId, number }),
        signal,
      );
      if (reply.status !== 200)
        tally.violated('of a shop without faults were refused', `${reply.status} ${reply.text}`);
      await patiently('a webhook of a shop without faults to be applied', async () => {
        const { rows } = await stack.owner.query(
          'select from customers where merchant_id = $1 and external_id = $2',
          [merchantId, gidOf(number)],
        );
        return rows.length > 0;
      });
      const ms = performance.now() - begun;
      if (ms > LONGEST_WAIT_MS) tally.violated('of a shop without faults waited', `${Math.round(ms)} ms`);
      await pause(100, over);
    }
  })();
  return {
    async end() {
      ended.abort();
      await running;
    },
  };
}
