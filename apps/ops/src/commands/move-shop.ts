import { randomUUID } from 'node:crypto';
import { createMerchantKeyStore, KeyError, keyringEnv, parseKeyring } from '@core/crypto';
import { databaseEnv, inTransaction } from '@core/db';
import { moveShop, readStoredToken, shopDomain } from '@core/domain';
import { readEnv } from '@core/runtime';
import { shopifyEnv } from '@core/shopify';
import { actorOf } from '../cli/actor.ts';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { OpsError, UsageError } from '../cli/errors.ts';
import { confirmAction, DRY_RUN_NOTICE } from '../cli/confirm-action.ts';
import { text } from '../cli/option.ts';
import { count } from '../cli/print.ts';
import { proveConnection } from '../imports/prove-connection.ts';
import { listCommand, MERCHANT_OPTIONS, merchantOf } from '../imports/options.ts';
import { withImports } from '../imports/with-imports.ts';

export const moveConnectedShop = defineCommand({
  name: 'shop move',
  does: 'move the connection of a shop that Shopify has renamed to its new domain',
  details: `
The error of the shop's failed import contains the new domain. First the command queries the shop at that
domain with the stored access token, also in a dry run: the shop must return the id of the connected shop.
Then the connection, its schedule, its imports and its waiting webhooks get the new domain, and a failed
import is resumed. If the token is no longer valid, the merchant connects the new domain with a new token,
which also moves the connection.`,
  options: {
    shop: text('<domain>', 'the domain of the connection'),
    to: text('<domain>', 'the new domain of the shop'),
    ...MERCHANT_OPTIONS,
    ...ACTING_OPTIONS,
  },
  env: { ...databaseEnv, ...keyringEnv, ...shopifyEnv },
  run: ({ values, env, terminal, signal }) => {
    if (!values.shop || !values.to)
      throw new UsageError('--shop, --to: are required: the connected domain and the new one');
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
      ).catch(explainKeyError);
      const { shopId } = await proveConnection(env, { shop: newShop, accessToken, signal });
      const move = { merchantId, shop, newShop, shopId };
      const preview = [`${newShop} is shop ${shopId}`, `would move ${shop} there`];
      if (!(await confirmAction(values, terminal, preview, `move ${shop} to ${newShop}?`))) {
        const json = { dry_run: true, shop, new_shop: newShop, shop_id: shopId };
        return { json, lines: [...preview, DRY_RUN_NOTICE] };
      }
      const ctx = { caller: actorOf(values.actor), requestId: randomUUID(), keys };
      const { moved } = await inTransaction(pool, (tx) => moveShop(tx, ctx, move), { merchantId });
      return {
        json: { dry_run: false, shop, new_shop: newShop, shop_id: shopId, moved },
        lines: [
          `moved ${shop} to ${newShop}, with ${count(moved.imports, 'import')}, ` +
            `${count(moved.schedules, 'schedule')} and ${count(moved.webhooks, 'webhook')}`,
          `its imports: ${listCommand(merchantId)}`,
        ],
      };
    });
  },
});

const explainKeyError = (error: unknown): never => {
  throw error instanceof KeyError ? new OpsError(`${error.message}; see CORE_ENCRYPTION_KEYS`) : error;
};
