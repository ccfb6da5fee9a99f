import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { auditLog, customersSha256, statement, type Tx } from '@core/db';
import { canonicalJson } from '../core/index.ts';

/** Transactions from `fromXid` up to `toXid`, exclusive. */
export interface XidRange {
  fromXid: string;
  toXid: string;
}

export interface HashedRows {
  rows: number;
  /** SHA-256 of the rows; without rows, of an empty input. */
  hash: Buffer;
}

/** Rows in memory at a time. */
const PAGE = 2_000;

/**
 * A row's customers are hashed by their digest, computed from the customers themselves: a changed list
 * changes the hash. The detail already contains that digest, so the hash equals the one of the previous
 * build, which reads the detail alone: both builds seal and verify one chain. Rejected: the ids as a further
 * value of the row. Each build would then find the other's seals broken.
 */
const DETAIL = sql<unknown>`case when ${auditLog.customerIds} is null then ${auditLog.detail} - 'customers_sha256'
  else ${auditLog.detail} || jsonb_build_object('customers_sha256', ${customersSha256(auditLog.customerIds)}) end`;

const HASHED_ROW = {
  xid: sql<string>`${auditLog.xid}::text`,
  id: auditLog.id,
  merchantId: auditLog.merchantId,
  customerId: auditLog.customerId,
  actor: auditLog.actor,
  action: auditLog.action,
  detail: DETAIL,
  requestId: auditLog.requestId,
  occurredAt: sql<string>`(extract(epoch from ${auditLog.occurredAt}) * 1000000)::bigint::text`,
};

const DECLARE = statement({
  crosses: 'sealing',
  params: { fromXid: auditLog.xid, toXid: auditLog.xid },
  row: HASHED_ROW,
  text: (p, row) => sql`
    declare audit_rows no scroll cursor for
     select ${row} from ${auditLog}
      where ${auditLog.xid} >= ${p.fromXid} and ${auditLog.xid} < ${p.toXid}
      order by ${auditLog.xid}, ${auditLog.id}`,
});

const FETCH = statement({ row: HASHED_ROW, text: () => sql`fetch ${PAGE} from audit_rows` });

/**
 * Hashes the audit rows of a range of transactions, in the order of transaction and id. A row is a line of
 * JSON. All of its values are formatted by us, not by PostgreSQL: its format of times or jsonb may change
 * with a version or a session's settings. The rows are read with a cursor. Rejected: page after page by
 * `(xid, id) > (...) limit`. PostgreSQL sorted all remaining rows again for each page while its statistics
 * were old (400,000 rows: a minute).
 */
export async function hashRows(tx: Tx, { fromXid, toXid }: XidRange): Promise<HashedRows> {
  const hash = createHash('sha256');
  let rows = 0;
  await tx.run(DECLARE, { fromXid, toXid });
  for (;;) {
    const page = await tx.run(FETCH);
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
  /** Hash of the previous seal. */
  previousHash: Buffer;
}

/** previousHash of the first seal, which has no predecessor. */
export const NO_SEAL = Buffer.alloc(32);

/** Returns the SHA-256 over all fields of a seal. */
export const hashSeal = ({ seq, fromXid, toXid, rows, rowsHash, previousHash }: Seal): Buffer =>
  createHash('sha256')
    .update(
      JSON.stringify([seq, fromXid, toXid, rows, rowsHash.toString('hex'), previousHash.toString('hex')]),
    )
    .digest();
