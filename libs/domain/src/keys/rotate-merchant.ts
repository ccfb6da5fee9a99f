import { and, asc, eq, gt, lte, sql } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { isUnreadable, type MerchantKeyStore } from '@core/crypto';
import {
  build,
  customers,
  NIL_UUID,
  inTransaction,
  limit,
  merchantKeys,
  statement,
  type Pool,
  type Reader,
} from '@core/db';
import { pause } from '@core/runtime';
import type { Rotation } from './start-rotation.ts';
import { rotateEmails, type RotatedPage, type RotationKeys } from './rotate-emails.ts';
import { rotateTokens, rotateWebhooks } from './rotate-values.ts';

/** Webhook bodies in memory at a time. */
const WEBHOOKS = 50;

export interface RotateMerchant {
  pool: Pool;
  keys: MerchantKeyStore;
  /** Customers per transaction: a writer to one of them waits for at most this many. */
  batch: number;
  signal: AbortSignal;
  /** Called after each page of customers. */
  onRows: (rotated: number) => void;
}

/**
 * Pause after each page, as a fraction of the time that the page took. Encrypting is all work and no waiting:
 * without the pause, a rotation keeps one core of PostgreSQL busy for its whole time. Twice the pause made
 * the slowest reads of other clients no faster.
 */
const REST = 0.5;

/** The findings of one pass over a merchant's rows. */
export interface RotationPass {
  /** Emails under older keys, including those that could not be changed at that moment. */
  older: number;
  rotated: number;
  /** Values that cannot be decrypted; they stay as they are, and so do the keys that they name. */
  unreadable: string[];
  misplaced: CustomerId[];
  /** The merchant's keys were destroyed: there is nothing to do. */
  destroyed: boolean;
}

/**
 * Re-encrypts a merchant's emails, tokens and webhooks with the newest keys, from where the rotation stopped
 * or from the start. The signal stops it between two pages.
 * @throws the signal's reason; KeyError when keys cannot be unwrapped
 */
export async function rotateMerchant(
  { pool, keys, batch, signal, onRows }: RotateMerchant,
  { merchantId, generation, cursor }: Rotation,
): Promise<RotationPass> {
  const pass: RotationPass = { older: 0, rotated: 0, unreadable: [], misplaced: [], destroyed: false };
  const rotationKeys = await inTransaction(pool, (tx) => loadKeys(tx, keys, merchantId, generation));
  if (!rotationKeys) return { ...pass, destroyed: true };
  // Runs without older keys too: the cursor moves, and a started rotation is finished by the same steps.
  const page = (after: CustomerId, limit: number) =>
    inTransaction(pool, (tx) => rotateEmails(tx, { merchantId, keys: rotationKeys, after, limit }));

  for (let after: CustomerId | null = cursor ?? NIL_UUID; after !== null;) {
    signal.throwIfAborted();
    const from: CustomerId = after;
    const begun = performance.now();
    const done: RotatedPage[] = await page(from, batch).then(
      (all) => [all],
      (error: unknown) => {
        if (!isUnreadable(error)) throw error;
        return oneByOne(pool, merchantId, from, batch, page, pass);
      },
    );
    for (const { older, rotated, misplaced } of done) {
      pass.older += older;
      pass.rotated += rotated;
      pass.misplaced.push(...misplaced);
      onRows(rotated);
    }
    after = done.at(-1)?.next ?? null;
    if (after !== null) await pause(REST * (performance.now() - begun), signal);
  }

  const tokens = await inTransaction(pool, (tx) => rotateTokens(tx, merchantId, rotationKeys));
  pass.unreadable.push(...tokens.unreadable);
  for (let after: string | null = NIL_UUID; after !== null;) {
    signal.throwIfAborted();
    const from: string = after;
    const webhooks = await inTransaction(pool, (tx) =>
      rotateWebhooks(tx, merchantId, rotationKeys, { after: from, limit: WEBHOOKS }),
    );
    pass.unreadable.push(...webhooks.unreadable);
    after = webhooks.next;
  }
  return pass;
}

const IDS_OF_PAGE = statement({
  params: { merchantId: customers.merchantId, after: customers.id, most: limit },
  row: { id: customers.id },
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(and(eq(customers.merchantId, p.merchantId), gt(customers.id, p.after)))
      .orderBy(asc(customers.id))
      .limit(p.most),
});

/**
 * Rotates a page with an unreadable value customer by customer, so that one value cannot block the others.
 */
async function oneByOne(
  pool: Pool,
  merchantId: MerchantId,
  after: CustomerId,
  most: number,
  page: (after: CustomerId, limit: number) => Promise<RotatedPage>,
  pass: RotationPass,
): Promise<RotatedPage[]> {
  const ids = await inTransaction(pool, (tx) => tx.run(IDS_OF_PAGE, { merchantId, after, most }));
  const done: RotatedPage[] = [];
  let from = after;
  for (const { id } of ids) {
    const next = ids.length < most && id === ids.at(-1)?.id ? null : id;
    const one = await page(from, 1).catch((error: unknown) => {
      if (!isUnreadable(error)) throw error;
      pass.unreadable.push(`email of customer ${id}`);
      return { older: 1, rotated: 0, misplaced: [] };
    });
    done.push({ ...one, next });
    from = id;
  }
  return done;
}

const GENERATIONS = statement({
  params: { merchantId: merchantKeys.merchantId, generation: merchantKeys.generation },
  row: {
    generation: merchantKeys.generation,
    destroyed: sql<boolean>`${merchantKeys.destroyedAt} is not null`,
  },
  text: (p, row) =>
    build
      .select(row)
      .from(merchantKeys)
      .where(and(eq(merchantKeys.merchantId, p.merchantId), lte(merchantKeys.generation, p.generation)))
      .orderBy(asc(merchantKeys.generation)),
});

/**
 * Loads the keys of a rotation; null when they were destroyed. @throws KeyError when they cannot be unwrapped
 */
async function loadKeys(
  reader: Reader,
  keys: MerchantKeyStore,
  merchantId: MerchantId,
  generation: number,
): Promise<RotationKeys | null> {
  const rows = await reader.run(GENERATIONS, { merchantId, generation });
  if (rows.at(-1)?.destroyed ?? true) return null;
  const all = await Promise.all(
    rows
      .filter(({ destroyed }) => !destroyed)
      .map((row) => keys.ofGeneration(reader, merchantId, row.generation)),
  );
  const newest = all.pop();
  return newest ? { older: all, newest } : null;
}
