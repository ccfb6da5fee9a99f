import { aMerchantId, openCoreDatabase, type OpenedDatabase } from '@core/testing';
import { migrateDatabase } from '../src/index.ts';

/** See openCoreDatabase. */
export const openDatabase = (role?: Parameters<typeof openCoreDatabase>[1]): Promise<OpenedDatabase> =>
  openCoreDatabase(migrateDatabase, role);

export const merchant = () => aMerchantId();
