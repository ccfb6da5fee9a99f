import type { Tx } from './transaction.ts';

// A 64-bit hash of the name. A collision of two names causes a needless wait and nothing else.
const KEY = 'hashtextextended($1, 0)';

/** Waits for the lock of this name and holds it until the transaction ends. */
export const lockExclusive = async (tx: Tx, name: string): Promise<void> => {
  await tx.query(`select pg_advisory_xact_lock(${KEY})`, [name]);
};

/** Like lockExclusive, but shared: it waits only for exclusive holders. */
export const lockShared = async (tx: Tx, name: string): Promise<void> => {
  await tx.query(`select pg_advisory_xact_lock_shared(${KEY})`, [name], 'share_name');
};

/** Like lockExclusive, but does not wait. @returns false when another session has the lock */
export async function tryLockExclusive(tx: Tx, name: string): Promise<boolean> {
  const [lock] = await tx.query<{ ours: boolean }>(`select pg_try_advisory_xact_lock(${KEY}) as ours`, [
    name,
  ]);
  return lock?.ours ?? false;
}
