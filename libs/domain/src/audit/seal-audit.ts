import { and, asc, desc, gte, sql } from 'drizzle-orm';
import {
  auditLog,
  auditSeals,
  build,
  columns,
  insertValues,
  relation,
  returning,
  statement,
  tryLockExclusive,
  type Reader,
  type Tx,
} from '@core/db';
import { hashRows, hashSeal, NO_SEAL, type Seal } from './hash-rows.ts';

// Seal: docs/glossary.md#privacy-and-keys.
/** A new seal and its number of rows, for a copy of the chain's head that is kept elsewhere. */
export interface Sealed {
  seq: number;
  hash: Buffer;
  rows: number;
  /** Whether more rows can be sealed right away. */
  more: boolean;
}

/** PostgreSQL's transaction ids are below the sealed range: no seal would ever cover a new row. */
export class SealsAhead extends Error {
  override name = 'SealsAhead';
}

/**
 * Most rows of one seal: a broken seal narrows the damage to so many rows. A transaction with more is not
 * split.
 */
const MAX_ROWS = 50_000;

const { seq, fromXid, toXid, rows, rowsHash, previousHash, hash } = auditSeals;

const LAST = statement({
  row: { seq, toXid, hash },
  text: (_, row) => build.select(row).from(auditSeals).orderBy(desc(seq)).limit(1),
});

/** Every transaction below this id has ended. */
const ENDED = sql<string>`pg_snapshot_xmin(pg_current_snapshot())`;
/** No transaction has started with this id or a higher one. */
const NEXT = sql<string>`pg_snapshot_xmax(pg_current_snapshot())::text`;

const CLOSED = statement({
  crosses: 'sealing',
  params: { fromXid },
  text(p) {
    const { xid, id } = auditLog;
    const closed = relation('closed', { xid });
    const rowsOfSeal = build
      .select(columns({ xid }))
      .from(auditLog)
      .where(and(gte(xid, p.fromXid), sql`${xid} < ${ENDED}`))
      .orderBy(asc(xid), asc(id))
      .limit(MAX_ROWS + 1);
    return returning(
      {
        ended: sql<string>`${ENDED}::text`,
        next: NEXT,
        first: sql<string | null>`(select ${closed.xid}::text from ${closed} limit 1)`,
        cut: sql<string | null>`(select ${closed.xid}::text from ${closed} offset ${MAX_ROWS} limit 1)`,
      },
      (row) => sql`with ${closed} as materialized ${rowsOfSeal} select ${row}`,
    );
  },
});

const INSERT = statement({
  params: { seq, fromXid, toXid, rows, rowsHash, previousHash, hash },
  text: (p) => insertValues(auditSeals, p),
});

/**
 * Seals the audit rows of all transactions that have ended since the last seal. The range is by transaction
 * and not by time: a row has the start time of its transaction, which may commit an hour later, into a minute
 * sealed long ago. Below the oldest transaction in progress no row can be added any more. Without new rows
 * there is no seal, so an idle chain does not grow.
 *
 * A chain belongs to one database by design, because the order of transactions and the oldest one in progress
 * do. Merchants in several databases have several chains, each with its heads (ADR 19).
 *
 * One process seals at a time: while another one does, this returns null, as it does with nothing to seal.
 * @param tx of the role core_sealer
 * @throws SealsAhead after a restore into a new cluster, which counts transaction ids from the start again
 */
export async function sealAudit(tx: Tx): Promise<Sealed | null> {
  if (!(await tryLockExclusive(tx, 'audit seals'))) return null;
  const [last] = await tx.run(LAST);
  const fromXid = last?.toXid ?? '0';
  const [{ ended, next, first, cut } = { ended: fromXid, next: fromXid, first: null, cut: null }] =
    await tx.run(CLOSED, { fromXid });
  assertBehind(fromXid, next);
  const more = cut !== null;
  // Up to the transaction that does not fit. If that is the first one, up to the next, or no seal would ever
  // contain a row again.
  const toXid = cut === null ? ended : cut === first ? String(BigInt(cut) + 1n) : cut;
  const { rows, hash: rowsHash } = await hashRows(tx, { fromXid, toXid });
  if (rows === 0) return null;
  const previousHash = last?.hash ?? NO_SEAL;
  const seal: Seal = { seq: (last?.seq ?? 0) + 1, fromXid, toXid, rows, rowsHash, previousHash };
  const hash = hashSeal(seal);
  await tx.run(INSERT, { ...seal, hash });
  return { seq: seal.seq, hash, rows, more };
}

function assertBehind(sealedTo: string, next: string): void {
  if (BigInt(sealedTo) <= BigInt(next)) return;
  throw new SealsAhead(
    `the audit log is sealed up to transaction ${sealedTo}, but PostgreSQL counts from ${next}, as after a ` +
      'restore into a new cluster: nothing can be sealed; stop PostgreSQL and advance its transaction ids with pg_resetwal (docs/security.md)',
  );
}

const STATE = statement({
  row: {
    sealedTo: sql<string | null>`(select ${toXid} from ${auditSeals} order by ${seq} desc limit 1)`,
    next: NEXT,
  },
  text: (_, row) => sql`select ${row}`,
});

/** Makes the check of sealAudit ahead of any write. @throws SealsAhead */
export async function assertSealsBehind(reader: Reader): Promise<void> {
  const [state] = await reader.run(STATE);
  if (state?.sealedTo) assertBehind(state.sealedTo, state.next);
}
