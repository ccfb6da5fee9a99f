import type { ImportStatus, Reader } from '@core/db';
import { notFound } from '@core/runtime';
import type { PageTokens } from '../core/index.ts';

export interface ImportRun {
  importId: string;
  merchantId: string;
  shop: string;
  status: ImportStatus;
  source: 'auto' | 'bulk' | 'graphql' | 'rest';
  mode: 'full' | 'delta';
  /** The shop's own count, of customers created up to the start; null until it has been asked. */
  expected: number | null;
  /** Distinct customers, once the run has ended. */
  read: number;
  created: number;
  updated: number;
  unchanged: number;
  /** Erased people, not brought back. */
  skipped: number;
  /** Not stored. */
  failed: number;
  /** Whom the shop has no more. */
  deleted: number;
  waitingReason: string | null;
  error: string | null;
  /** Customers not stored as they came, by reason; null until the run has ended, and of runs of earlier builds. */
  rowErrors: Record<string, number> | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  createdAt: Date;
}

export interface ImportError {
  externalId: string;
  reason: string;
  occurredAt: Date;
}

export interface ErrorsOf {
  importId: string;
  /** This one alone. */
  reason?: string | undefined;
}

interface PageOf {
  merchantId: string;
  /** 1-1,000; 0 means 100. */
  pageSize: number;
  /** Empty for the first page. */
  pageToken: string;
}

/** @throws CoreError not_found, also for another merchant's import */
export async function getImport(
  reader: Reader,
  { merchantId, importId }: { merchantId: string; importId: string },
): Promise<ImportRun> {
  const [row] = await reader.query<Row>(`${SELECT_RUNS} and r.id = $2 group by r.id`, [merchantId, importId]);
  if (!row) throw notFound('import');
  return toRun(row);
}

/** Newest first. @throws CoreError invalid_argument */
export async function listImports(
  reader: Reader,
  tokens: PageTokens,
  { merchantId, pageSize, pageToken }: PageOf,
): Promise<{ imports: ImportRun[]; nextPageToken: string }> {
  const limit = pageSize || DEFAULT_PAGE;
  const asked = ['imports', merchantId];
  const [before = null] = tokens.read(pageToken, asked) ?? [];
  // Ids are UUIDv7: their order is the order of creation.
  const rows = await reader.query<Row>(
    `${SELECT_RUNS} and ($2::uuid is null or r.id < $2) group by r.id order by r.id desc limit $3`,
    [merchantId, before, limit],
  );
  return { imports: rows.map(toRun), nextPageToken: nextToken(tokens, asked, rows, limit) };
}

/** Oldest first. @throws CoreError invalid_argument; not_found for an import that is not the merchant's */
export async function listImportErrors(
  reader: Reader,
  tokens: PageTokens,
  { merchantId, importId, reason, pageSize, pageToken }: PageOf & ErrorsOf,
): Promise<{ errors: ImportError[]; nextPageToken: string }> {
  const limit = pageSize || DEFAULT_PAGE;
  const asked = ['import_errors', merchantId, importId, ...(reason ? [reason] : [])];
  const [after = null] = tokens.read(pageToken, asked) ?? [];
  await getImport(reader, { merchantId, importId });
  const rows = await reader.query<ImportError & { id: string }>(
    `select id, external_id as "externalId", reason, occurred_at as "occurredAt"
       from customer_import_errors
      where merchant_id = $1 and import_id = $2 and ($3::uuid is null or id > $3)
        and ($5::text is null or reason = $5)
      order by id limit $4`,
    [merchantId, importId, after, limit, reason || null],
  );
  const errors = rows.map(({ externalId, reason, occurredAt }) => ({ externalId, reason, occurredAt }));
  return { errors, nextPageToken: nextToken(tokens, asked, rows, limit) };
}

const DEFAULT_PAGE = 100;
const COUNTERS = ['read', 'created', 'updated', 'unchanged', 'skipped', 'failed', 'deleted'] as const;

type Counts = Record<(typeof COUNTERS)[number], number>;
type Row = { id: string; expected: string | null } & Record<(typeof COUNTERS)[number], string> &
  Omit<ImportRun, 'importId' | 'expected' | keyof Counts>;

const SELECT_RUNS = `
  select r.id, r.merchant_id as "merchantId", r.shop, r.status, r.source, r.mode, r.expected,
         r.waiting_reason as "waitingReason", r.error, r.row_errors as "rowErrors", r.started_at as "startedAt",
         r.finished_at as "finishedAt", r.created_at as "createdAt",
         ${COUNTERS.map((name) => `coalesce(sum(s.${name}), 0) as ${name}`).join(', ')}
    from customer_import_logs r left join customer_import_slices s on s.import_id = r.id
   where r.merchant_id = $1`;

const toRun = ({ id, expected, ...row }: Row): ImportRun => ({
  ...row,
  importId: id,
  expected: expected === null ? null : Number(expected),
  ...(Object.fromEntries(COUNTERS.map((name) => [name, Number(row[name])])) as Counts),
});

const nextToken = (
  tokens: PageTokens,
  asked: unknown,
  rows: readonly { id: string }[],
  limit: number,
): string => {
  const last = rows.at(-1);
  return last && rows.length === limit ? tokens.make(asked, [last.id]) : '';
};
