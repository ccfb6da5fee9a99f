import type { Tx } from './transaction.ts';

// 64 bits of a name: that two names meet by chance costs a needless wait, nothing else.
const KEY = 'hashtextextended($1, 0)';

/** Waits for the lock of this name and holds it until the transaction ends. */
export const lockName = async (tx: Tx, name: string): Promise<void> => {
  await tx.query(`select pg_advisory_xact_lock(${KEY})`, [name]);
};

/** As lockName, beside others who share it. */
export const shareName = async (tx: Tx, name: string): Promise<void> => {
  await tx.query(`select pg_advisory_xact_lock_shared(${KEY})`, [name], 'share_name');
};

/** As lockName, but at once. @returns false when somebody else has it */
export async function tryLockName(tx: Tx, name: string): Promise<boolean> {
  const [lock] = await tx.query<{ ours: boolean }>(`select pg_try_advisory_xact_lock(${KEY}) as ours`, [
    name,
  ]);
  return lock?.ours ?? false;
}
