import type { MerchantId } from '@core/contracts';
import type { Pool } from '@core/db';
import { AlreadyRunning } from '@core/domain';
import { CoreError } from '@core/runtime';
import { OpsError } from '../cli/errors.ts';
import { withDatabase } from '../connect/with-database.ts';
import { listCommand, watchCommand } from './options.ts';

/**
 * Opens the database for the imports of one merchant.
 * @throws OpsError with the next step when the service refuses
 */
export const withImports = <T>(
  env: NodeJS.ProcessEnv,
  { merchantId }: { merchantId: MerchantId },
  work: (pool: Pool) => Promise<T>,
): Promise<T> =>
  withDatabase(
    env,
    (pool) =>
      work(pool).catch((error: Error) => {
        throw error instanceof CoreError ? new OpsError(withNextStep(error, merchantId)) : error;
      }),
    'core_api',
  );

function withNextStep(error: CoreError, merchantId: MerchantId): string {
  if (error instanceof AlreadyRunning) {
    return `${error.message}; watch it with: ${watchCommand({ importId: error.importId, merchantId })}`;
  }
  if (error.kind === 'not_found') {
    return `merchant ${merchantId} has no such import; see: ${listCommand(merchantId)}`;
  }
  return error.message;
}
