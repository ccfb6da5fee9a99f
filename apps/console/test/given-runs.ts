import type { Stack } from '@core/stack';

export interface GivenRun {
  status: string;
  mode?: 'full' | 'delta';
  source?: 'auto' | 'graphql' | 'bulk' | 'rest';
  expected: number;
  read: number;
  error?: string;
  waitingReason?: string;
  rowErrors?: Record<string, number>;
  /** Seconds since its start. */
  ago: number;
}

/** Inserts imports of a shop as the importer would leave them. No importer claims them. */
export async function givenRuns(
  owner: Pick<ReturnType<Stack['pool']>, 'query'>,
  { merchantId, shop }: { merchantId: string; shop: string },
  runs: readonly GivenRun[],
): Promise<void> {
  for (const { status, mode = 'full', source = 'graphql', expected, read, ago, ...rest } of runs) {
    const { rows } = await owner.query<{ id: string }>(
      `insert into customer_import_logs
              (merchant_id, shop, status, mode, source, expected, error, row_errors, waiting_reason,
               started_at, finished_at)
       values ($1, $2, $3::varchar, $4, $5, $6, $7, $8, $9, now() - make_interval(secs => $10),
               case when $3::varchar not in ('running', 'paused')
                    then now() - make_interval(secs => $10 - least($10 / 2, 20 + $11 / 60.0)) end)
       returning id`,
      [
        ...[merchantId, shop, status, mode, source, expected],
        ...[rest.error ?? null, rest.rowErrors ?? null, rest.waitingReason ?? null, ago, read],
      ],
    );
    await owner.query(
      `insert into customer_import_slices
              (import_id, merchant_id, slice, kind, done, lease_until, read, created, updated, unchanged)
       values ($1, $2, 0, 'read', $3, now() + interval '10 hours', $4::bigint, $4 / 2, $4 / 4, $4 - $4 / 2 - $4 / 4)`,
      [rows[0]?.id, merchantId, !['running', 'paused'].includes(status), read],
    );
  }
}
