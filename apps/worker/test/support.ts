import { randomBytes, randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import type { MerchantId } from '@core/contracts';
import { createMerchantKeyStore, parseKeyring } from '@core/crypto';
import { inTransaction, migrateDatabase } from '@core/db';
import { createCustomer, type CommandContext } from '@core/domain';
import { connectKafka } from '@core/events';
import { createCoreDatabase, testServices } from '@core/testing';

export const keyring = `test:${randomBytes(32).toString('base64')}`;

export const connect = () => connectKafka({ brokers: [testServices().kafka.broker], clientId: 'spec' });

/** A migrated database of a spec file's own: as the worker's role, and as the owner for looking. */
export async function openDatabase() {
  const database = await createCoreDatabase(migrateDatabase);
  const pool = new Pool({ connectionString: database.urlFor('core_worker'), max: 10 });
  const owner = new Pool({ connectionString: database.url, max: 4 });
  const keys = createMerchantKeyStore(parseKeyring(keyring));
  const ctx: CommandContext = { caller: 'spec', requestId: randomUUID(), keys };
  return {
    workerUrl: new URL(database.urlFor('core_worker')),
    apiUrl: database.urlFor('core_api'),
    pool,
    owner,
    ctx,
    newCustomer: async (merchantId: MerchantId, email: string): Promise<string> =>
      (await inTransaction(owner, (tx) => createCustomer(tx, ctx, { merchantId, email }))).customerId,
    customer: async (id: string) =>
      (await owner.query('select * from customers where id = $1', [id])).rows[0] as {
        version: number;
        email: string | null;
        erased_at: Date | null;
        rfm_score: Record<string, unknown> | null;
      },
    close: async () => {
      await Promise.all([pool.end(), owner.end()]);
      await database.drop();
    },
  };
}
