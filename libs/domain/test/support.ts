import { randomUUID } from 'node:crypto';
import type { CustomerId, MerchantId } from '@core/contracts';
import { readEmail } from '@core/crypto';
import { inTransaction, type Pool, type Tx } from '@core/db';
import { startStack, type Given, type Role } from '@core/stack';
import { aMerchantId } from '@core/testing';
import { applyRfmScores, type ApplyRfmScore, type CommandContext } from '../src/index.ts';

export interface World {
  /** As the app's role, so that a missing privilege shows. */
  pool: Pool;
  /** As the owner, for checks. */
  owner: Pool;
  given: Given;
  ctx: CommandContext;
  /** @param merchantId for the api, which sees no rows without it */
  run<T>(work: (tx: Tx, ctx: CommandContext) => Promise<T>, merchantId?: MerchantId): Promise<T>;
  close(): Promise<void>;
}

/** Opens a spec file's own migrated database, with the role of one app. */
export async function openWorld(role: Role): Promise<World> {
  const stack = await startStack({ services: 'run', postgres: {} });
  const pool = stack.pool(role, { max: 20 });
  const ctx: CommandContext = { caller: 'spec', requestId: randomUUID(), keys: stack.keys };
  return {
    pool,
    owner: stack.pool('core_owner', { max: 4 }),
    given: stack.given,
    ctx,
    run: (work, merchantId) =>
      inTransaction(pool, (tx) => work(tx, ctx), merchantId === undefined ? {} : { merchantId }),
    close: stack.stop,
  };
}

/** Applies one score by the command for many. @returns its outcome */
export const applyScore = async (tx: Tx, ctx: CommandContext, input: ApplyRfmScore) =>
  (await applyRfmScores(tx, [{ ctx, input }]))[0];

export interface Row {
  id: CustomerId;
  external_id: string | null;
  email: string | null;
  email_hash: Buffer | null;
  metadata: Record<string, unknown> | null;
  rfm_score: Record<string, unknown> | null;
  version: number;
  deleted_at: Date | null;
  erased_at: Date | null;
}

export const rowsOf = async ({ owner }: World, merchantId: MerchantId): Promise<Row[]> =>
  (
    await owner.query<Row>('select * from customers where merchant_id = $1 order by external_id, id', [
      merchantId,
    ])
  ).rows;

export const eventsOf = async ({ owner }: World, merchantId: MerchantId) =>
  (
    await owner.query<{
      topic: string;
      customer_id: string;
      version: number;
      changed_fields: string[];
      origin: string;
    }>(
      'select topic, customer_id, version, changed_fields, origin from outbox_events where merchant_id = $1 order by id',
      [merchantId],
    )
  ).rows;

export const auditOf = async ({ owner }: World, merchantId: MerchantId) =>
  (await owner.query('select * from audit_log where merchant_id = $1 order by id', [merchantId])).rows;

/** Returns the stored email of a row in plain text, as the owner's key store reads it. */
export const emailOf = ({ run, ctx }: World, merchantId: MerchantId, row: Row) =>
  run((tx) => readEmail(tx, ctx.keys, { id: row.id, merchantId, email: row.email }), merchantId);

export const merchant = () => aMerchantId();
