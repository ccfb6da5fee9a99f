import { desc, eq, sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { auditLog, auditSeals, build, columns, relation, returning, statement, type Reader } from '@core/db';
import { hashSeal, NO_SEAL } from './hash-rows.ts';

/** The newest seal, and the rows of a merchant after it. */
export interface SealState {
  /** Null while nothing was ever sealed. */
  seal: { seq: number; hash: Buffer; sealedAt: Date; holds: boolean } | null;
  /** Rows that no seal contains, among the newest NEWEST of the merchant. */
  unsealed: number;
}

/** Rows are sealed within a minute. Reading all rows of a merchant to count the others takes seconds. */
const NEWEST = 1_000;

const { seq, fromXid, toXid, rows, rowsHash, previousHash, hash, sealedAt } = auditSeals;

const LAST_TWO = statement({
  row: { seq, fromXid, toXid, rows, rowsHash, previousHash, hash, sealedAt },
  text: (_, row) => build.select(row).from(auditSeals).orderBy(desc(seq)).limit(2),
});

const COUNT_UNSEALED = statement({
  params: { merchantId: auditLog.merchantId, sealedTo: auditLog.xid },
  text(p) {
    const { xid } = auditLog;
    const newest = relation('newest', { xid });
    const newestRows = build
      .select(columns({ xid }))
      .from(auditLog)
      .where(eq(auditLog.merchantId, p.merchantId))
      .orderBy(desc(auditLog.id))
      .limit(NEWEST);
    return returning(
      { n: sql<number>`(count(*) filter (where ${newest.xid} >= ${p.sealedTo}))::int` },
      (row) => sql`select ${row} from (${newestRows.getSQL()}) as ${newest}`,
    );
  },
});

/**
 * Returns the newest seal, and whether it has its own hash and follows the seal before it. The rows of all
 * seals are compared by verifyAudit: they are of all merchants, and the api may read only those of one.
 */
export async function readSeal(
  reader: Reader,
  { merchantId }: { merchantId: MerchantId },
): Promise<SealState> {
  const [last, previous] = await reader.run(LAST_TWO);
  const [count] = await reader.run(COUNT_UNSEALED, { merchantId, sealedTo: last?.toXid ?? '0' });
  const holds =
    last !== undefined &&
    hashSeal(last).equals(last.hash) &&
    last.seq === (previous?.seq ?? 0) + 1 &&
    last.fromXid === (previous?.toXid ?? '0') &&
    last.previousHash.equals(previous?.hash ?? NO_SEAL);
  return {
    seal: last ? { seq: last.seq, hash: last.hash, sealedAt: last.sealedAt, holds } : null,
    unsealed: count?.n ?? 0,
  };
}
