import type { CustomerId, ImportId, MerchantId } from '@core/contracts';
import type { Pool } from '@core/db';

export interface GivenRun {
  merchantId: MerchantId | string;
  importId: ImportId | string;
}

export interface GivenRequest {
  requestId: string;
  kind: 'redact' | 'data_request' | 'shop_redact' | 'unknown';
  customerId?: string | undefined;
  /** Absent: nothing is reported yet. */
  receipt?: object | undefined;
  /** Days since it came; it is due 30 days after that. */
  daysOld?: number;
  done?: boolean;
  /** Hours until it may be carried out. */
  waitsHours?: number;
  held?: boolean;
}

export type Given = ReturnType<typeof createGiven>;

/**
 * Makes the data that a spec starts from, in words of the domain: rows as the apps leave them, without the steps that lead
 * there.
 * @param owner of the database; row-level security lets it write everywhere
 */
export function createGiven(owner: Pick<Pool, 'query'>) {
  return {
    /** A run of an import, which no importer takes up while it is not pending. */
    async aRun(
      { merchantId, shop = 'a.myshopify.com' }: { merchantId: string; shop?: string },
      { status = 'running', source = 'graphql' }: { status?: string; source?: string } = {},
    ): Promise<ImportId> {
      const { rows } = await owner.query<{ id: ImportId }>(
        `insert into customer_import_logs (merchant_id, shop, status, source, started_at)
         values ($1, $2, $3::varchar, $4, case when $3::varchar <> 'pending' then now() end) returning id`,
        [merchantId, shop, status, source],
      );
      return only(rows).id;
    },

    /** Slices of a run, the first one 0, each leased for an hour: no importer takes it. */
    async slices(
      { merchantId, importId }: GivenRun,
      slices: readonly { kind: 'plan' | 'read' | 'ids' | 'verify' | 'reconcile'; done?: boolean }[],
    ): Promise<void> {
      await owner.query(
        `insert into customer_import_slices (import_id, merchant_id, slice, kind, done, lease_until)
         select $1, $2, n - 1, kind, done, now() + interval '1 hour'
           from unnest($3::text[], $4::boolean[]) with ordinality as s (kind, done, n)`,
        [importId, merchantId, slices.map(({ kind }) => kind), slices.map(({ done = false }) => done)],
      );
    },

    /** A run that has been planned, with three slices to read, of which the first is read. */
    async aRunWithThreeSlices(
      shop: { merchantId: string; shop: string },
      source: 'bulk' | 'graphql' | 'rest' = 'graphql',
    ): Promise<ImportId> {
      const importId = await this.aRun(shop, { source });
      const read = { kind: 'read' } as const;
      await this.slices({ ...shop, importId }, [
        { kind: 'plan', done: true },
        { ...read, done: true },
        read,
        read,
      ]);
      return importId;
    },

    /** The errors of customers that an import did not store whole. */
    async importErrors(
      { merchantId, importId }: GivenRun,
      errors: readonly { externalId: string; reason: string; daysOld?: number }[],
    ): Promise<void> {
      await owner.query(
        `insert into customer_import_errors (id, import_id, merchant_id, external_id, reason)
         select uuidv7(make_interval(days => -days)), $1, $2, external_id, reason
           from unnest($3::text[], $4::text[], $5::int[]) as e (external_id, reason, days)`,
        [
          importId,
          merchantId,
          errors.map(({ externalId }) => externalId),
          errors.map(({ reason }) => reason),
          errors.map(({ daysOld = 0 }) => daysOld),
        ],
      );
    },

    /** A privacy request of a person or of a shop. */
    async aRequest(
      merchantId: string,
      {
        requestId,
        kind,
        customerId,
        receipt = {},
        daysOld = 0,
        done = false,
        waitsHours = 0,
        held = false,
      }: GivenRequest,
    ): Promise<void> {
      await owner.query(
        `insert into privacy_requests
                (merchant_id, request_id, kind, customer_id, receipt, received_at, due_at, completed_at, not_before, held_at)
         values ($1, $2, $3, $4, $5, now() - make_interval(days => $6), now() + make_interval(days => 30 - $6),
                 case when $7 then now() end, case when $8 > 0 then now() + make_interval(hours => $8) end,
                 case when $9 then now() end)`,
        [merchantId, requestId, kind, customerId ?? null, receipt, daysOld, done, waitsHours, held],
      );
    },

    /** Inserts customers with nothing but their merchant. @returns their ids */
    async customers(merchantId: string, count: number): Promise<CustomerId[]> {
      const { rows } = await owner.query<{ id: CustomerId }>(
        'insert into customers (merchant_id) select $1 from generate_series(1, $2) returning id',
        [merchantId, count],
      );
      return rows.map(({ id }) => id);
    },
  };
}

function only<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (!row) throw new Error('nothing was inserted');
  return row;
}
