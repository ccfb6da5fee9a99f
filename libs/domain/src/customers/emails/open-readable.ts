import type { MerchantId } from '@core/contracts';
import { generationOf, KeyError, openEmails, type MerchantKeys } from '@core/crypto';
import { type Tx } from '@core/db';
import type { Keys } from '../../core/index.ts';

/** An email as it is stored, with its customer. */
export interface SealedEmail {
  id: string;
  email: string;
}

/**
 * The plain emails of those that open, by customer id. A broken value, or one whose key is gone, must keep nobody from
 * being erased, nor from being told of all the rest: the caller says how many are missing.
 */
export async function openReadable(
  tx: Tx,
  { keys }: Keys,
  merchantId: MerchantId,
  sealed: readonly SealedEmail[],
): Promise<Map<string, string>> {
  const opened: [string, string][] = [];
  for (const [generation, some] of Map.groupBy(sealed, generationIfAny)) {
    const key =
      generation === undefined
        ? undefined
        : await unlessKeyError(() => keys.ofGeneration(tx, merchantId, generation));
    if (key) opened.push(...(await openSome(tx, merchantId, key, some)));
  }
  return new Map(opened);
}

/** Halved until the broken ones are alone: a statement opens all of its values or none. */
async function openSome(
  tx: Tx,
  merchantId: MerchantId,
  keys: MerchantKeys,
  sealed: readonly SealedEmail[],
): Promise<[string, string][]> {
  await tx.query('savepoint open_emails');
  const opened = await unlessKeyError(() => openEmails(tx, merchantId, keys, sealed));
  if (!opened) await tx.query('rollback to savepoint open_emails');
  await tx.query('release savepoint open_emails');
  if (opened) return [...opened];
  if (sealed.length === 1) return [];
  const half = Math.ceil(sealed.length / 2);
  return [
    ...(await openSome(tx, merchantId, keys, sealed.slice(0, half))),
    ...(await openSome(tx, merchantId, keys, sealed.slice(half))),
  ];
}

const unlessKeyError = <T>(work: () => Promise<T>): Promise<T | undefined> =>
  work().catch((error: unknown) => {
    if (error instanceof KeyError) return undefined;
    throw error;
  });

function generationIfAny({ email }: SealedEmail): number | undefined {
  try {
    return generationOf(email);
  } catch {
    return undefined;
  }
}
