import type { Reader } from '@core/db';
import { hashRows, hashSeal, NO_SEAL, type Seal } from '../commands/audit/hash-rows.ts';

type StoredSeal = Seal & { hash: Buffer; sealedAt: Date };

/** A seal that does not hold. */
export interface BrokenSeal {
  seq: number;
  /** Undefined for one that is not there. */
  sealedAt: Date | undefined;
  /** Such as `its rows are not those that were sealed: 12 then, 11 now`. */
  what: string;
}

export interface AuditVerdict {
  seals: number;
  rows: number;
  broken: BrokenSeal[];
  /** The last seal, to be kept elsewhere; null while there is none. */
  head: { seq: number; hash: string } | null;
  /** Rows behind the last seal. */
  unsealed: { rows: number; oldestSeconds: number };
}

export interface VerifyAudit {
  /** A head that was kept: its seal must still be there. */
  expect?: { seq: number; hash: string } | undefined;
  onSeal?: (done: number, all: number) => void;
}

/**
 * Recomputes the whole chain over all rows. Found are rows that were changed, deleted or put in, seals that were
 * changed, deleted or put in, and, with a head that was kept, an end that was cut off or a chain that was made anew.
 * @param reader of one snapshot, or a seal that is written meanwhile looks like rows that nobody sealed
 */
export async function verifyAudit(
  reader: Reader,
  { expect, onSeal }: VerifyAudit = {},
): Promise<AuditVerdict> {
  const [{ all } = { all: 0 }] = await reader.query<{ all: number }>(
    'select count(*)::int as all from audit_seals',
  );
  const verdict: AuditVerdict = {
    seals: 0,
    rows: 0,
    broken: [],
    head: null,
    unsealed: { rows: 0, oldestSeconds: 0 },
  };
  let last: StoredSeal | undefined;
  for (;;) {
    const seal = await nextSeal(reader, last?.seq ?? 0);
    if (!seal) break;
    const { rows, hash } = await hashRows(reader, seal);
    for (const what of faultsOf(seal, last, rows, hash)) {
      verdict.broken.push({ seq: seal.seq, sealedAt: seal.sealedAt, what });
    }
    verdict.seals++;
    verdict.rows += rows;
    if (expect?.seq === seal.seq && expect.hash !== seal.hash.toString('hex')) {
      verdict.broken.push({
        seq: seal.seq,
        sealedAt: seal.sealedAt,
        what: 'it is not the seal that was kept',
      });
    }
    last = seal;
    onSeal?.(verdict.seals, all);
  }
  if (expect && expect.seq > (last?.seq ?? 0)) {
    verdict.broken.push({ seq: expect.seq, sealedAt: undefined, what: 'the seal that was kept is gone' });
  }
  if (last) verdict.head = { seq: last.seq, hash: last.hash.toString('hex') };
  verdict.unsealed = await readUnsealed(reader);
  return verdict;
}

async function nextSeal(reader: Reader, after: number): Promise<StoredSeal | undefined> {
  const [row] = await reader.query<StoredSeal & Record<string, unknown>>(
    `select seq::int as seq, from_xid::text as "fromXid", to_xid::text as "toXid", rows::int as rows,
            rows_hash as "rowsHash", previous_hash as "previousHash", hash, sealed_at as "sealedAt"
       from audit_seals where seq > $1 order by audit_seals.seq limit 1`,
    [after],
  );
  return row;
}

function faultsOf(seal: StoredSeal, last: StoredSeal | undefined, rows: number, rowsHash: Buffer): string[] {
  const expected = (last?.seq ?? 0) + 1;
  const missing = expected === seal.seq - 1 ? `seal ${expected}` : `seals ${expected} to ${seal.seq - 1}`;
  const whole = seal.seq === expected;
  return [
    ...(whole ? [] : [`before it ${missing} should be`]),
    ...(whole && !seal.previousHash.equals(last?.hash ?? NO_SEAL)
      ? ['it does not follow the seal before it']
      : []),
    ...(whole && seal.fromXid !== (last?.toXid ?? '0')
      ? ['it does not begin where the one before it ends']
      : []),
    ...(hashSeal(seal).equals(seal.hash) ? [] : ['its own hash is wrong']),
    ...(seal.rowsHash.equals(rowsHash)
      ? []
      : [`its rows are not those that were sealed: ${seal.rows} then, ${rows} now`]),
  ];
}

/** What is not sealed yet. */
export async function readUnsealed(reader: Reader): Promise<{ rows: number; oldestSeconds: number }> {
  const [row] = await reader.query<{ rows: number; oldest: number | null }>(
    `select count(*)::int as rows, extract(epoch from clock_timestamp() - min(occurred_at))::float as oldest
       from audit_log
      where xid >= coalesce((select to_xid from audit_seals order by seq desc limit 1), '0'::xid8)`,
  );
  return { rows: row?.rows ?? 0, oldestSeconds: Math.max(0, row?.oldest ?? 0) };
}
