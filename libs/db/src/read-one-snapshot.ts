import type { Tx } from './transaction.ts';

/** Makes the transaction read one snapshot and write nothing. Call it before the first statement. */
export const readOneSnapshot = async (tx: Tx): Promise<void> => {
  await tx.query('set transaction isolation level repeatable read, read only');
};
