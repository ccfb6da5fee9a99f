import { databaseEnv, inTransaction } from '@core/db';
import { listImports } from '@core/domain';
import { defineCommand } from '../cli/command.ts';
import { assertMerchantIsKnown } from '../connect/assert-merchant.ts';
import { integerOr } from '../cli/option.ts';
import { UNSIGNED_PAGES } from '../cli/unsigned-pages.ts';
import { MERCHANT_OPTIONS, merchantOf } from '../imports/options.ts';
import { importJson, listLines } from '../imports/present.ts';
import { withImports } from '../imports/with-imports.ts';

export const listShopImports = defineCommand({
  name: 'import list',
  does: "list a merchant's imports, newest first",
  options: {
    ...MERCHANT_OPTIONS,
    limit: integerOr(20, 'maximum number of imports', { min: 1, max: 1_000 }),
  },
  env: databaseEnv,
  run: ({ values, env }) => {
    const page = { merchantId: merchantOf(values, env), pageSize: values.limit, pageToken: '' };
    return withImports(env, page, async (pool) => {
      const { imports } = await inTransaction(pool, (tx) => listImports(tx, UNSIGNED_PAGES, page), {
        merchantId: page.merchantId,
      });
      if (imports.length === 0 && values.merchant) await assertMerchantIsKnown(pool, values.merchant);
      return { json: { imports: imports.map((run) => importJson(run)) }, lines: listLines(imports) };
    });
  },
});
