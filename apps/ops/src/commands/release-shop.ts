import { randomUUID } from 'node:crypto';
import { createMerchantKeyStore, keyringEnv, parseKeyring } from '@core/crypto';
import { databaseEnv, inTransaction } from '@core/db';
import { getPrivacyRequest, readShopExtent, releaseShop, shopDomain, type ShopExtent } from '@core/domain';
import { readEnv } from '@core/runtime';
import { actorOf } from '../cli/actor.ts';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { confirmAction, DRY_RUN_NOTICE } from '../cli/confirm-action.ts';
import { UsageError } from '../cli/errors.ts';
import { flag, text } from '../cli/option.ts';
import { count } from '../cli/print.ts';
import { tryOut } from '../connect/try-out.ts';
import { withDatabase } from '../connect/with-database.ts';
import { MERCHANT_OPTIONS, merchantOf } from '../imports/options.ts';
import { explainRefusal } from '../privacy/explain-refusal.ts';
import { requestJson, requestLines } from '../privacy/present.ts';

export const releaseConnectedShop = defineCommand({
  name: 'shop release',
  does: 'take a shop from a merchant that has connected it by mistake, so that its owner can connect it',
  details: `
Another merchant is refused a shop that belongs to this one. The command ends the connection, and records a
privacy request that removes the data of the shop, as after an uninstall. Then the shop belongs to no
merchant. If it is the only shop of the merchant, all of its customers, settings and keys are removed.
Otherwise its customers stay, also those that came from this shop: nothing records where one came from. The
worker waits for CORE_SHOP_REDACT_WAIT before it removes anything; until then \`privacy cancel\` cancels the
request. The shop then stays with the merchant, disconnected. The command does not uninstall the app.`,
  options: {
    shop: text('<domain>', 'the domain of the shop'),
    now: flag('remove the data at once: it cannot be recovered'),
    ...MERCHANT_OPTIONS,
    ...ACTING_OPTIONS,
  },
  env: { ...databaseEnv, ...keyringEnv },
  run: ({ values, env, terminal }) => {
    if (!values.shop) throw new UsageError('--shop: is required: the domain of the shop');
    const merchantId = merchantOf(values, env);
    const shop = shopDomain(values.shop);
    const keys = createMerchantKeyStore(parseKeyring(readEnv(keyringEnv, env).CORE_ENCRYPTION_KEYS));
    const ref = { merchantId, requestId: randomUUID() };
    const ctx = { caller: actorOf(values.actor), requestId: ref.requestId, keys };
    const input = { ...ref, shop, now: values.now };
    return withDatabase(env, async (pool) => {
      await tryOut(pool, (tx) => releaseShop(tx, ctx, input)).catch(
        explainRefusal(pool, { merchantId, shop }),
      );
      const extent = await inTransaction(pool, (tx) => readShopExtent(tx, { merchantId, shop }));
      const json = { merchant_id: merchantId, shop, ...extentJson(extent) };
      const preview = [...extentLines(shop, extent), `would release ${shop}${values.now ? ' at once' : ''}`];
      if (!(await confirmAction(values, terminal, preview, `release ${shop}?`))) {
        return { json: { dry_run: true, ...json, request: null }, lines: [...preview, DRY_RUN_NOTICE] };
      }
      await inTransaction(pool, (tx) => releaseShop(tx, ctx, input), { merchantId }).catch(
        explainRefusal(pool, { merchantId, shop }),
      );
      const request = await inTransaction(pool, (tx) => getPrivacyRequest(tx, ref));
      const command = `${ref.requestId} --merchant ${merchantId}`;
      return {
        json: { dry_run: false, ...json, request: requestJson(request) },
        lines: [
          `${shop} is released by this request:`,
          ...requestLines(request),
          values.now
            ? 'a worker carries it out now'
            : `it waits for CORE_SHOP_REDACT_WAIT; to cancel it: npm run ops -- privacy cancel ${command} --yes`,
          `another merchant can connect ${shop} when it is done: npm run ops -- privacy show ${command}`,
        ],
      };
    });
  },
});

const extentLines = (shop: string, { connected, imports, customers, otherShops }: ShopExtent): string[] => [
  `${shop} is ${connected ? 'connected' : 'not connected any more'}, with ${count(imports, 'import')}`,
  otherShops.length === 0
    ? `it is the only shop of the merchant: ${count(customers, 'customer')}, settings and keys are removed, too`
    : `the merchant has also ${otherShops.join(', ')}: ${count(customers, 'customer')} stay, also those of ${shop}`,
];

const extentJson = ({ connected, imports, customers, otherShops }: ShopExtent) => ({
  connected,
  imports,
  customers,
  other_shops: otherShops,
  customers_stay: otherShops.length > 0,
});
