import type { MerchantId } from '@core/contracts';
import type { Pool } from '@core/db';
import { CoreError } from '@core/runtime';
import { OpsError } from '../cli/errors.ts';
import { printable } from '../cli/print.ts';
import { assertMerchantIsKnown } from '../connect/assert-merchant.ts';
import { withDatabase } from '../connect/with-database.ts';

/**
 * Opens the database for one privacy request.
 * @param what noun for the message when the id is unknown
 * @throws OpsError with the command that lists the requests
 */
export const withRequest = <T>(
  env: NodeJS.ProcessEnv,
  { merchantId, requestId }: { merchantId: MerchantId; requestId: string },
  work: (pool: Pool) => Promise<T>,
  what = 'request',
): Promise<T> =>
  withDatabase(env, (pool) =>
    work(pool).catch(async (error: Error) => {
      if (!(error instanceof CoreError) || error.kind !== 'not_found') throw error;
      // The suggested list would also refuse an unknown merchant.
      await assertMerchantIsKnown(pool, merchantId);
      throw new OpsError(
        `merchant ${merchantId} has no ${what} ${printable(requestId)}; ` +
          `see: npm run ops -- privacy list --merchant ${merchantId} --all`,
      );
    }),
  );
