import { randomBytes, randomUUID } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { build, customers, insertValues, inTransaction, runOn, statement } from '@core/db';
import { createCustomer, type CommandContext } from '@core/domain';
import { emptyOutbox } from '../events/fill-outbox.ts';
import type { Measured } from '../rounds.ts';
import { runFor } from '../run-for.ts';
import { NEW_MERCHANT, type PrivacyStack } from './open-stack.ts';

/** Concurrent transactions. */
export const WRITERS = 8;

export type CreateSeries = 'create' | 'bare_insert';

/** Returns CreateCustomer as the api runs it, and a transaction that only inserts such a row. */
export function createSeries(
  stack: PrivacyStack,
  seconds: number,
): Record<CreateSeries, () => Promise<Measured>> {
  const { pool, owner, keys } = stack;
  const ctx: CommandContext = { caller: 'bench', requestId: randomUUID(), keys };
  const metadata = { tier: 'gold' };
  const create = () =>
    inTransaction(
      pool,
      (tx) =>
        createCustomer(tx, ctx, {
          merchantId: NEW_MERCHANT,
          email: `person-${randomUUID()}@example.com`,
          metadata,
        }),
      { merchantId: NEW_MERCHANT },
    );
  // The length of a real ciphertext: 43 bytes of text and separators, 72 of ids, about 90 of the format, in
  // base64.
  const ciphertext = `1.${randomBytes(190).toString('base64')}`;
  // As the owner, without row-level security, because that is part of the measured cost of ours.
  const bareInsert = () =>
    inTransaction(owner, (tx) =>
      tx.run(BARE_INSERT, {
        merchantId: NEW_MERCHANT,
        email: ciphertext,
        emailHash: randomBytes(32),
        metadata,
      }),
    );
  return {
    create: () => writeFor(stack, seconds, create),
    bare_insert: () => writeFor(stack, seconds, bareInsert),
  };
}

const { merchantId, email, emailHash, metadata: metadataColumn } = customers;
const BARE_INSERT = statement({
  name: 'bare_insert',
  params: { merchantId, email, emailHash, metadata: metadataColumn },
  row: { id: customers.id },
  text: (p, row) => sql`${insertValues(customers, p)} returning ${row}`,
});
const DELETE_ALL = statement({
  params: { merchantId },
  text: (p) => build.delete(customers).where(eq(merchantId, p.merchantId)),
});

/**
 * Writes as fast as possible, on empty tables: rows of an earlier measurement must not slow down the next
 * one.
 */
async function writeFor(
  { owner, databasePid }: PrivacyStack,
  seconds: number,
  write: () => Promise<unknown>,
): Promise<Measured> {
  await runOn(owner, DELETE_ALL, { merchantId: NEW_MERCHANT });
  await emptyOutbox(owner);
  return runFor(databasePid, seconds, WRITERS, async () => {
    await write();
    return 1;
  });
}
