import { randomUUID } from 'node:crypto';
import { databaseEnv, inTransaction, type Reader, type Tx } from '@core/db';
import { countFailedWebhooks, isShopConnected, redriveWebhooks } from '@core/domain';
import { actorOf } from '../cli/actor.ts';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { OpsError } from '../cli/errors.ts';
import { confirmAction, DRY_RUN_NOTICE } from '../cli/confirm-action.ts';
import { text } from '../cli/option.ts';
import { count, printable, table } from '../cli/print.ts';
import { withDatabase } from '../connect/with-database.ts';

export const redriveFailedWebhooks = defineCommand({
  name: 'webhooks redrive',
  does: 'list the Shopify webhooks that were given up, and apply them again',
  details: `
They are kept, encrypted, for 30 days after their arrival. Fix the cause first: a webhook that fails again is
given up again. A webhook that is older than the stored state is ignored, so running the command twice does no
harm.`,
  options: {
    shop: text('<domain>', 'only webhooks of this shop'),
    error: text('<code>', 'only webhooks that failed for this reason, such as sql_42501'),
    ...ACTING_OPTIONS,
  },
  env: databaseEnv,
  run: ({ values, env, terminal }) =>
    withDatabase(env, async (pool) => {
      const which = { shop: values.shop, error: values.error };
      const groups = await inTransaction(pool, (tx) => countFailedWebhooks(tx, which));
      const what = count(
        groups.reduce((sum, { webhooks }) => sum + webhooks, 0),
        'webhook',
      );
      const preview = [
        ...table(
          ['shop', 'topic', 'reason', 'webhooks', 'oldest'],
          groups.map(({ shop, topic, error, webhooks, oldest }) => [
            printable(shop),
            printable(topic),
            printable(error),
            webhooks,
            oldest.toISOString(),
          ]),
        ),
        '',
        `would redrive ${what}`,
      ];
      if (groups.length === 0) {
        const { shop, error } = values;
        if (shop) await inTransaction(pool, (tx) => assertConnected(tx, shop));
        if (error) await inTransaction(pool, (tx) => assertNoOther(tx, shop, error));
        return { json: { redriven: 0, failed: [] }, lines: ['no webhook was given up'] };
      }
      if (!(await confirmAction(values, terminal, preview, `redrive ${what}?`))) {
        return { json: { dry_run: true, redriven: 0, failed: groups }, lines: [...preview, DRY_RUN_NOTICE] };
      }
      const actor = { caller: actorOf(values.actor), requestId: randomUUID() };
      const redriven = await inTransaction(pool, (tx) => redriveWebhooks(tx, actor, which));
      return {
        json: { dry_run: false, redriven, failed: groups },
        lines: [`redrove ${count(redriven, 'webhook')}`],
      };
    }),
});

/** @throws OpsError when webhooks were given up, but only for other reasons */
async function assertNoOther(tx: Tx, shop: string | undefined, error: string): Promise<void> {
  const others = await countFailedWebhooks(tx, { shop });
  if (others.length === 0) return;
  const reasons = [...new Set(others.map((each) => printable(each.error)))].sort();
  throw new OpsError(
    `--error: no webhook was given up for ${printable(error)}; the reasons are ${reasons.join(', ')}`,
  );
}

/**
 * @throws OpsError when no such shop is connected: its name is mistyped, or its connection was deleted long
 *   ago
 */
async function assertConnected(reader: Reader, shop: string): Promise<void> {
  if (!(await isShopConnected(reader, { shop: shop.toLowerCase() })))
    throw new OpsError(`--shop: no shop ${printable(shop)} is connected`);
}
