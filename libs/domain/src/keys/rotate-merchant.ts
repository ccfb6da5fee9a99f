import { and, asc, eq, gt, lte, sql } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { isUnreadable, type MerchantKeyStore } from '@core/crypto';
import {
  build,
  customers,
  FIRST_UUID,
  inTransaction,
  limit,
  merchantKeys,
  statement,
  type Pool,
  type Reader,
} from '@core/db';
import { pause } from '@core/runtime';
import type { Rotation } from './begin-rotation.ts';
import { rotateEmails, type RotatedPage, type RotationKeys } from './rotate-emails.ts';
import { rotateTokens, rotateWebhooks } from './rotate-values.ts';

/** Bodies of webhooks that are in memory at once. */
const WEBHOOKS = 50;

export interface RotateMerchant {
  pool: Pool;
  keys: MerchantKeyStore;
  /** Customers per transaction: a writer to one of them waits for no more than these. */
  batch: number;
  signal: AbortSignal;
  /** After each page of customers. */
  onRows: (rotated: number) => void;
}

/**
 * A pause after each page, in times of what the page took. Encrypting is all work and no waiting: without it a rotation
 * keeps a core of PostgreSQL's busy for its whole time. Twice the pause made neighbours' slowest reads no faster.
 */
const REST = 0.5;

/** The findings of one pass over a merchant's rows. */
export interface RotationPass {
  /** Emails under older keys, those included that could not be changed just then. */
  older: number;
  rotated: number;
  /** Values that do not decrypt; they stay as they are, and so do the keys that they name. */
  unreadable: string[];
  misplaced: CustomerId[];
  /** The merchant's keys were destroyed: there is nothing to do. */
  destroyed: boolean;
}

/**
 * Brings a merchant's emails, tokens and webhooks to the newest keys, from where the rotation stopped or from the
 * beginning. The signal ends it between two pages.
 * @throws the signal's reason; KeyError when keys do not unwrap
 */
export async function rotateMerchant(
  { pool, keys, batch, signal, onRows }: RotateMerchant,
  { merchantId, generation, cursor }: Rotation,
): Promise<RotationPass> {
  const pass: RotationPass = { older: 0, rotated: 0, unreadable: [], misplaced: [], destroyed: false };
  const rotationKeys = await inTransaction(pool, (tx) => loadKeys(tx, keys, merchantId, generation));
  if (!rotationKeys) return { ...pass, destroyed: true };
  // Also without older keys: the cursor moves, and a rotation that was begun is ended by the same steps.
  const page = (after: CustomerId, limit: number) =>
    inTransaction(pool, (tx) => rotateEmails(tx, { merchantId, keys: rotationKeys, after, limit }));

  for (let after: CustomerId | null = cursor ?? FIRST_UUID; after !== null;) {
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
  for (let after: string | null = FIRST_UUID; after !== null;) {
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

/** A page in which a value does not open: each of its customers for itself, so that one cannot hold up the others. */
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

/** Null when they were destroyed. @throws KeyError when they do not unwrap */
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
