import { randomUUID } from 'node:crypto';
import { databaseEnv, inTransaction } from '@core/db';
import { startImport } from '@core/domain';
import { actorOf } from '../cli/actor.ts';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { UsageError } from '../cli/errors.ts';
import { flag, oneOf, text } from '../cli/option.ts';
import { MERCHANT_OPTIONS, merchantOf, watchCommand } from '../imports/options.ts';
import { watchToEnd } from '../imports/watch.ts';
import { withImports } from '../imports/with-imports.ts';

export const startShopImport = defineCommand({
  name: 'import start',
  does: "import a shop's customers",
  details: `
The import starts without a confirmation: it deletes no customer that exists in the shop, and
\`import cancel\` stops it. A shop has one running import at a time. The source "auto" depends on the size of
the shop. The mode "delta" reads the changes since the last complete import, or the whole shop if there is
none.`,
  options: {
    shop: text('<domain>', 'such as example.myshopify.com; it must be connected'),
    source: oneOf(['auto', 'bulk', 'graphql', 'rest'] as const, 'how to read the shop'),
    mode: oneOf(['full', 'delta'] as const, 'how much to read'),
    watch: flag('show the import until it ends, as `import watch` does'),
    ...MERCHANT_OPTIONS,
    actor: ACTING_OPTIONS.actor,
  },
  env: databaseEnv,
  run: ({ values, env, ...seen }) => {
    const { shop, source, mode } = values;
    if (!shop) throw new UsageError('--shop: is required');
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
        lines: [`started import ${importId}`, `watch it with: ${watchCommand(ref)}`],
      };
    });
  },
});
