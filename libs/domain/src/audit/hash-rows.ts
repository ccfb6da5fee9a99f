import { createHash } from 'node:crypto';
import { CUSTOMERS_SHA256, type Tx } from '@core/db';
import { canonicalJson } from '../core/index.ts';

/** Transactions from `fromXid` up to `toXid`, exclusive. */
export interface XidRange {
  fromXid: string;
  toXid: string;
}

export interface HashedRows {
  rows: number;
  /** SHA-256; of no rows, that of nothing. */
  hash: Buffer;
}

/** Rows in memory at once. */
const PAGE = 2_000;

type AuditRow = Record<
  'xid' | 'id' | 'merchantId' | 'actor' | 'action' | 'requestId' | 'occurredAt',
  string
> & {
  customerId: string | null;
  detail: unknown;
};

/**
 * A row's customers are hashed by their digest, computed from the customers themselves: a changed list changes
 * the hash. The detail holds that digest already, so the hash equals that of the build before, which reads the
 * detail alone: both builds seal and verify one chain. Rejected: the ids as a further value of the row, with
 * which each build would find the other's seals broken.
 */
const DETAIL = `case when customer_ids is null then detail - 'customers_sha256'
                     else detail || jsonb_build_object('customers_sha256', ${CUSTOMERS_SHA256}) end as detail`;

/**
 * Hashes the audit rows of a range of transactions, in the order of transaction and id. A row is a line of JSON whose
 * every value is written by us, not by PostgreSQL: how that writes times or jsonb may change with a version or a
 * session's settings. By a cursor: page after page by `(xid, id) > (...) limit`, PostgreSQL sorted all that was left
 * anew for each page while its statistics were old (400,000 rows: a minute).
 */
export async function hashRows(tx: Tx, { fromXid, toXid }: XidRange): Promise<HashedRows> {
  const hash = createHash('sha256');
  let rows = 0;
  await tx.query(
    `declare audit_rows no scroll cursor for
      select xid::text as xid, id, merchant_id as "merchantId", customer_id as "customerId", actor, action,
             ${DETAIL}, request_id as "requestId", (extract(epoch from occurred_at) * 1000000)::bigint::text as "occurredAt"
        from audit_log
       where xid >= $1::xid8 and xid < $2::xid8
       order by audit_log.xid, id`,
    [fromXid, toXid],
  );
  for (;;) {
    const page = await tx.query<AuditRow>(`fetch ${PAGE} from audit_rows`);
    for (const { xid, id, merchantId, customerId, actor, action, detail, requestId, occurredAt } of page) {
      const row = [xid, id, merchantId, customerId, actor, action, detail, requestId, occurredAt];
      hash.update(`${canonicalJson(row)}\n`);
    }
    rows += page.length;
    if (page.length < PAGE) break;
  }
  await tx.query('close audit_rows');
  return { rows, hash: hash.digest() };
}

export interface Seal extends XidRange {
  /** 1, 2, 3, without a gap. */
  seq: number;
  rows: number;
  rowsHash: Buffer;
  /** Of the seal before. */
  previousHash: Buffer;
}

/** Of the first seal, which has none before it. */
export const NO_SEAL = Buffer.alloc(32);

/** SHA-256 over all that a seal says. */
export const hashSeal = ({ seq, fromXid, toXid, rows, rowsHash, previousHash }: Seal): Buffer =>
  createHash('sha256')
    .update(
      JSON.stringify([seq, fromXid, toXid, rows, rowsHash.toString('hex'), previousHash.toString('hex')]),
    )
    .digest();
