import type { MerchantId } from '@core/contracts';
import { databaseEnv, inTransaction, readerOf, type Pool, type Reader } from '@core/db';
import { defineCommand } from '../cli/command.ts';
import { name, text } from '../cli/option.ts';
import { count } from '../cli/print.ts';
import { assertMerchantIsKnown } from '../connect/assert-merchant.ts';
import { withDatabase } from '../connect/with-database.ts';
import { MERCHANT_OPTIONS, merchantOf } from '../imports/options.ts';
import { writeSegment } from '../segments/write-segment.ts';

export const exportSegmentFile = defineCommand({
  name: 'segment export',
  does: 'write the scored customers of a segment to a CSV file',
  details: `
The columns are customer_id, external_id, segment, recency, frequency, monetary, score, as_of and
shopify_rfm_group. Emails are only in the file of the rpc ExportSegment, which requires the scope customers:pii.
A file of the given name is complete: if the export ends early, it is not written, and the exit code is 1.`,
  options: {
    ...MERCHANT_OPTIONS,
    segment: name('<name>', 'only this segment, by its exact name; default: the scored customers of all'),
    file: text('<path>', 'the file to write; an existing file is replaced; default: segment-<merchant>.csv'),
  },
  env: databaseEnv,
  run: ({ values, env, terminal, signal }) => {
    const merchantId = merchantOf(values, env);
    const { segment = '', file = `segment-${merchantId}.csv` } = values;
    return withDatabase(
      env,
      async (pool) => {
        const onProgress = (customers: number) => {
          if (terminal.interactive) terminal.progress(`${count(customers, 'customer')} written`);
        };
        const input = { merchantId, segment, file, signal, onProgress };
        const customers = await writeSegment(readerOfPages(pool, merchantId), input);
        if (customers === 0) await assertMerchantIsKnown(pool, merchantId);
        return {
          json: { file, segment: segment || null, customers },
          lines: [`${file}: ${count(customers, 'customer')}`],
        };
      },
      'core_api',
    );
  },
});

/** Reads each page in a separate transaction: one over all pages would hold back the clean-up of old rows. */
const readerOfPages = (pool: Pool, merchantId: MerchantId): Reader =>
  readerOf((query, values, name) =>
    inTransaction(pool, (tx) => tx.query(query, values, name), { merchantId }),
  );
