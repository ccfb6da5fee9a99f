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
  /** Absent: nothing has been reported yet. */
  receipt?: object | undefined;
  /** Days since the request was received. It is due 30 days after that. */
  daysOld?: number;
  done?: boolean;
  /** Hours until the request may be executed. */
  waitsHours?: number;
  held?: boolean;
}

export type Given = ReturnType<typeof createGiven>;

/**
 * Returns functions that create the initial data of a spec, named in the terms of the domain. They insert
 * rows as the apps would leave them, without the steps that lead there.
 * @param owner a pool of the database's owner, which row-level security allows to write every row
 */
export function createGiven(owner: Pick<Pool, 'query'>) {
  return {
    /** Inserts a run of an import. No importer claims it, unless its status is pending. */
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

    /**
     * Inserts slices of a run, numbered from 0. Each is leased for an hour, so that no importer claims it.
     */
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

    /** Inserts a planned run with three slices to read, of which the first is done. */
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

    /** Inserts errors of customers that an import did not store completely. */
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

    /** Inserts a privacy request for a person or a shop. */
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
