import { asc, gt, sql } from 'drizzle-orm';
import { auditLog, auditSeals, build, statement, type Reader, type RowOf, type Tx } from '@core/db';
import { CoreError } from '@core/runtime';
import { hashRows, hashSeal, NO_SEAL } from './hash-rows.ts';

const { seq, fromXid, toXid, rows, rowsHash, previousHash, hash, sealedAt } = auditSeals;
const STORED_SEAL = { seq, fromXid, toXid, rows, rowsHash, previousHash, hash, sealedAt };
type StoredSeal = RowOf<typeof STORED_SEAL>;

/** A seal as it is kept elsewhere; the hash in hexadecimal. */
export interface SealHead {
  seq: number;
  hash: string;
}

/** A seal that fails verification. */
export interface BrokenSeal {
  seq: number;
  /** Undefined for a missing seal. */
  sealedAt: Date | undefined;
  /** Such as `its rows differ from the sealed ones: 12 then, 11 now`. */
  what: string;
}

export interface AuditVerdict {
  seals: number;
  rows: number;
  broken: BrokenSeal[];
  /** The last seal, to be kept elsewhere; null while there is none. */
  head: SealHead | null;
  /** Rows after the last seal. */
  unsealed: { rows: number; oldestSeconds: number };
}

export interface VerifyAudit {
  /** A kept head: its seal must still exist. */
  expect?: SealHead | undefined;
  /**
   * A kept head up to which everything was verified earlier: it must still exist, and the seals after it must
   * hold.
   */
  from?: SealHead | undefined;
  onSeal?: (done: number, all: number) => void;
}

const COUNT = statement({
  params: { after: seq },
  row: { all: sql<number>`count(*)::int` },
  text: (p, row) => build.select(row).from(auditSeals).where(gt(seq, p.after)),
});

/**
 * Recomputes the chain over all rows, or over those after a kept head. It finds rows and seals that were
 * changed, deleted or inserted. With a kept head it also finds a chain whose end was cut off or that was
 * built again.
 * @param tx of one snapshot: otherwise a seal written during the run looks like rows that were never sealed
 * @throws CoreError not_found when the seal to start from is missing or differs from the kept one: verify
 * everything then
 */
export async function verifyAudit(tx: Tx, { expect, from, onSeal }: VerifyAudit = {}): Promise<AuditVerdict> {
  const [{ all } = { all: 0 }] = await tx.run(COUNT, { after: from?.seq ?? 0 });
  const verdict: AuditVerdict = {
    seals: 0,
    rows: 0,
    broken: [],
    head: null,
    unsealed: { rows: 0, oldestSeconds: 0 },
  };
  let last = from && (await keptSeal(tx, from));
  for (;;) {
    const seal = await nextSeal(tx, last?.seq ?? 0);
    if (!seal) break;
    const { rows, hash } = await hashRows(tx, seal);
    for (const what of faultsOf(seal, last, rows, hash)) {
      verdict.broken.push({ seq: seal.seq, sealedAt: seal.sealedAt, what });
    }
    verdict.seals++;
    verdict.rows += rows;
    if (expect?.seq === seal.seq && expect.hash !== seal.hash.toString('hex')) {
      verdict.broken.push({
        seq: seal.seq,
        sealedAt: seal.sealedAt,
        what: 'it differs from the kept seal',
      });
    }
    last = seal;
    onSeal?.(verdict.seals, all);
  }
  if (expect && expect.seq > (last?.seq ?? 0)) {
    verdict.broken.push({ seq: expect.seq, sealedAt: undefined, what: 'the kept seal is missing' });
  }
  if (last) verdict.head = { seq: last.seq, hash: last.hash.toString('hex') };
  verdict.unsealed = await readUnsealed(tx);
  return verdict;
}

async function keptSeal(reader: Reader, { seq, hash }: SealHead): Promise<StoredSeal> {
  const seal = await nextSeal(reader, seq - 1);
  if (seal?.seq === seq && seal.hash.toString('hex') === hash && hashSeal(seal).equals(seal.hash))
    return seal;
  throw new CoreError(
    'not_found',
    `from: seal ${seq} is missing or differs from the kept one; verify the whole log`,
    {
      field: 'from',
    },
  );
}

const NEXT_SEAL = statement({
  params: { after: seq },
  row: STORED_SEAL,
  text: (p, row) => build.select(row).from(auditSeals).where(gt(seq, p.after)).orderBy(asc(seq)).limit(1),
});

const nextSeal = async (reader: Reader, after: number): Promise<StoredSeal | undefined> =>
  (await reader.run(NEXT_SEAL, { after }))[0];

function faultsOf(seal: StoredSeal, last: StoredSeal | undefined, rows: number, rowsHash: Buffer): string[] {
  const expected = (last?.seq ?? 0) + 1;
  const missing = expected === seal.seq - 1 ? `seal ${expected}` : `seals ${expected} to ${seal.seq - 1}`;
  const whole = seal.seq === expected;
  return [
    ...(whole ? [] : [`${missing} should precede it`]),
    ...(whole && !seal.previousHash.equals(last?.hash ?? NO_SEAL)
      ? ['it does not follow the seal before it']
      : []),
    ...(whole && seal.fromXid !== (last?.toXid ?? '0')
      ? ['it does not start where the seal before it ends']
      : []),
    ...(hashSeal(seal).equals(seal.hash) ? [] : ['its own hash is wrong']),
    ...(seal.rowsHash.equals(rowsHash)
      ? []
      : [`its rows differ from the sealed ones: ${seal.rows} then, ${rows} now`]),
  ];
}

const isUnsealed = sql`${auditLog.xid} >= coalesce(
  (select ${toXid} from ${auditSeals} order by ${seq} desc limit 1), '0'::xid8)`;

const OLDEST_UNSEALED = statement({
  crosses: 'statistics',
  row: { age: sql<number>`extract(epoch from clock_timestamp() - ${auditLog.occurredAt})::float8` },
  text: (_, row) =>
    build.select(row).from(auditLog).where(isUnsealed).orderBy(asc(auditLog.xid), asc(auditLog.id)).limit(1),
});

/**
 * Returns the age of the oldest unsealed row in seconds; 0 when all rows are sealed. Reads one row, however
 * many there are.
 */
export async function readOldestUnsealed(reader: Reader): Promise<number> {
  const [row] = await reader.run(OLDEST_UNSEALED);
  return Math.max(0, row?.age ?? 0);
}

const UNSEALED = statement({
  crosses: 'sealing',
  row: {
    rows: sql<number>`count(*)::int`,
    oldest: sql<number | null>`extract(epoch from clock_timestamp() - min(${auditLog.occurredAt}))::float8`,
  },
  text: (_, row) => build.select(row).from(auditLog).where(isUnsealed),
});

/** Counts the rows that are not sealed yet, and reads the age of the oldest one in seconds. */
export async function readUnsealed(reader: Reader): Promise<{ rows: number; oldestSeconds: number }> {
  const [row] = await reader.run(UNSEALED);
  return { rows: row?.rows ?? 0, oldestSeconds: Math.max(0, row?.oldest ?? 0) };
}
