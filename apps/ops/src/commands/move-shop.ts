import { randomUUID } from 'node:crypto';
import { createMerchantKeyStore, KeyError, keyringEnv, parseKeyring } from '@core/crypto';
import { databaseEnv, inTransaction } from '@core/db';
import { moveShop, readStoredToken, shopDomain } from '@core/domain';
import { readEnv } from '@core/runtime';
import { shopifyEnv } from '@core/shopify';
import { actorOf } from '../cli/actor.ts';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { OpsError, UsageError } from '../cli/errors.ts';
import { mayAct, NOTHING_DONE } from '../cli/may-act.ts';
import { text } from '../cli/option.ts';
import { count } from '../cli/print.ts';
import { proveToOps } from '../imports/prove-to-ops.ts';
import { listWith, MERCHANT_OPTIONS, merchantOf } from '../imports/options.ts';
import { withImports } from '../imports/with-imports.ts';

export const moveConnectedShop = defineCommand({
  name: 'shop move',
  does: 'move the connection of a shop that Shopify has renamed to its new domain',
  details: `
The error of its failed import names the new domain. The shop at that domain is asked first, with the stored access token,
also in a dry run: it must say that it is the shop that was connected, by its number. Then the connection bears the new
domain, and with it the schedule, the imports and the webhooks that wait; a failed import is resumed. Where the token has
ended, the merchant connects the new domain with a new one, which moves the connection as well.`,
  options: {
    shop: text('<domain>', 'as it is connected'),
    to: text('<domain>', 'its domain now'),
    ...MERCHANT_OPTIONS,
    ...ACTING_OPTIONS,
  },
  env: { ...databaseEnv, ...keyringEnv, ...shopifyEnv },
  run: ({ values, env, terminal, signal }) => {
    if (!values.shop || !values.to) throw new UsageError('--shop, --to: must say which shop, and where to');
    const merchantId = merchantOf(values, env);
    const [shop, newShop] = [shopDomain(values.shop), shopDomain(values.to, 'to')];
    const keys = createMerchantKeyStore(parseKeyring(readEnv(keyringEnv, env).CORE_ENCRYPTION_KEYS));
    return withImports(env, { merchantId }, async (pool) => {
      const { accessToken } = await inTransaction(
        pool,
        (tx) => readStoredToken(tx, { keys }, { merchantId, shop }),
        {
          merchantId,
        },
      ).catch(sayingKeys);
      const { shopId } = await proveToOps(env, { shop: newShop, accessToken, signal });
      const move = { merchantId, shop, newShop, shopId };
      const preview = [`${newShop} is shop ${shopId}`, `would move ${shop} there`];
      if (!(await mayAct(values, terminal, preview, `move ${shop} to ${newShop}?`))) {
        const json = { dry_run: true, shop, new_shop: newShop, shop_id: shopId };
        return { json, lines: [...preview, NOTHING_DONE] };
      }
      const ctx = { caller: actorOf(values.actor), requestId: randomUUID(), keys };
      const { moved } = await inTransaction(pool, (tx) => moveShop(tx, ctx, move), { merchantId });
      return {
        json: { dry_run: false, shop, new_shop: newShop, shop_id: shopId, moved },
        lines: [
          `${shop} is ${newShop} now, with ${count(moved.imports, 'import')}, ${count(moved.schedules, 'schedule')} and ` +
            count(moved.webhooks, 'webhook'),
          `its imports: ${listWith(merchantId)}`,
        ],
      };
    });
  },
});

const sayingKeys = (error: unknown): never => {
  throw error instanceof KeyError ? new OpsError(`${error.message}; see CORE_ENCRYPTION_KEYS`) : error;
};
