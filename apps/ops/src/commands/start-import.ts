import { randomUUID } from 'node:crypto';
import { databaseEnv, inTransaction } from '@core/db';
import { startImport } from '@core/domain';
import { actorOf } from '../cli/actor.ts';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { UsageError } from '../cli/errors.ts';
import { flag, oneOf, text } from '../cli/option.ts';
import { MERCHANT_OPTIONS, merchantOf, watchWith } from '../imports/options.ts';
import { watchToEnd } from '../imports/watch.ts';
import { withImports } from '../imports/with-imports.ts';

export const startShopImport = defineCommand({
  name: 'import start',
  does: "import a shop's customers",
  details: `
It acts at once: an import deletes nobody whom the shop has, and is stopped by \`import cancel\`. A shop has one at a
time. The source "auto" is chosen by the shop's size. The mode "delta" reads what changed since the last complete one,
and everything when there is none.`,
  options: {
    shop: text('<domain>', 'such as example.myshopify.com; it must be connected'),
    source: oneOf(['auto', 'bulk', 'graphql', 'rest'] as const, 'how it is read'),
    mode: oneOf(['full', 'delta'] as const, 'how much of it'),
    watch: flag('show it until it has ended, as `import watch` does'),
    ...MERCHANT_OPTIONS,
    actor: ACTING_OPTIONS.actor,
  },
  env: databaseEnv,
  run: ({ values, env, ...seen }) => {
    const { shop, source, mode } = values;
    if (!shop) throw new UsageError('--shop: must say which shop');
    const input = { merchantId: merchantOf(values, env), shop, source, mode };
    const actor = { caller: actorOf(values.actor), requestId: randomUUID() };
    return withImports(env, input, async (pool) => {
      const { importId } = await inTransaction(pool, (tx) => startImport(tx, actor, input), {
        merchantId: input.merchantId,
      });
      const ref = { merchantId: input.merchantId, importId };
      if (values.watch) {
        seen.terminal.note(`started import ${importId}`);
        return watchToEnd(pool, ref, seen);
      }
      return {
        json: { import_id: importId, merchant_id: input.merchantId, shop },
        lines: [`started import ${importId}`, `watch it with: ${watchWith(ref)}`],
      };
    });
  },
});
