import type { MerchantId } from '@core/contracts';
import { databaseEnv, inTransaction, readerOf, type Pool, type Reader } from '@core/db';
import { getRfmDistribution } from '@core/domain';
import { defineCommand, type Terminal } from '../cli/command.ts';
import { name, text } from '../cli/option.ts';
import { count, printable } from '../cli/print.ts';
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
    file: text(
      '<path>',
      'the file to write; an existing one is replaced, but no link or device; default: segment-<merchant>.csv',
    ),
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
        if (customers === 0) await explainNone(pool, { merchantId, segment, terminal });
        return {
          json: { file, segment: segment || null, customers },
          lines: [`${file}: ${count(customers, 'customer')}`],
        };
      },
      'core_api',
    );
  },
});

/** An empty file would look like an answer, although the name may be misspelt. @throws OpsError */
async function explainNone(
  pool: Pool,
  { merchantId, segment, terminal }: { merchantId: MerchantId; segment: string; terminal: Terminal },
): Promise<void> {
  await assertMerchantIsKnown(pool, merchantId);
  if (segment === '') return terminal.note('warning: no customer has a score yet');
  const { segments } = await inTransaction(pool, (tx) => getRfmDistribution(tx, { merchantId }), {
    merchantId,
  });
  const names = [...segments.keys()].map(printable).join(', ');
  const others = names === '' ? 'no customer has a score yet' : `the segments with customers are ${names}`;
  terminal.note(`warning: no customer is in the segment ${printable(segment)}; ${others}`);
}

/** Reads each page in a separate transaction: one over all pages would hold back the clean-up of old rows. */
const readerOfPages = (pool: Pool, merchantId: MerchantId): Reader =>
  readerOf((query, values, name) =>
    inTransaction(pool, (tx) => tx.query(query, values, name), { merchantId }),
  );
