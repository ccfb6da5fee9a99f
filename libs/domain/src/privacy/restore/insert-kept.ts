import { and, Column, eq, is, isNotNull, isNull, sql, type SQL } from 'drizzle-orm';
import {
  assign,
  erasureTombstones,
  insertSelect,
  json,
  ONE,
  privacyRequests,
  relation,
  statement,
  type Relation,
  type Shape,
  type Tx,
} from '@core/db';
import type { Kept } from './kept.ts';

export interface InsertedKept {
  requests: number;
  tombstones: number;
  /** Requests among them for shops that the worker has to redact again. */
  shops: number;
  /** Requests that are pending in the backup and were cancelled after it was taken. */
  cancelled: number;
}

/**
 * Reads the rows of a JSON array whose fields are named as in Kept. Each field has its column's type, or
 * text.
 */
function keptRows<S extends Shape>(rows: SQL, shape: S): { kept: Relation<S>; fromKept: SQL } {
  const kept = relation('kept', shape);
  const typed = Object.entries(shape).map(
    ([name, field]) =>
      sql`${sql.identifier(name)} ${sql.raw(is(field, Column) ? field.getSQLType() : 'text')}`,
  );
  return { kept, fromKept: sql`jsonb_to_recordset(${rows}) as ${kept} (${sql.join(typed, sql`, `)})` };
}

/** Bytes in hex. */
const HEX = sql<string>``;

const INSERT_REQUESTS = statement({
  params: { requests: json },
  row: {
    kind: privacyRequests.kind,
    cancelled: sql<boolean>`${privacyRequests.cancelledAt} is not null`,
  },
  text(p, row) {
    const { kept, fromKept } = keptRows(p.requests, {
      merchantId: privacyRequests.merchantId,
      requestId: privacyRequests.requestId,
      kind: privacyRequests.kind,
      customerId: privacyRequests.customerId,
      namedEmail: HEX,
      namedExternalId: HEX,
      receipt: privacyRequests.receipt,
      receivedAt: privacyRequests.receivedAt,
      dueAt: privacyRequests.dueAt,
      completedAt: privacyRequests.completedAt,
      confirmedAt: privacyRequests.confirmedAt,
      cancelledAt: privacyRequests.cancelledAt,
      cancelReason: privacyRequests.cancelReason,
    });
    return sql`${insertSelect(privacyRequests, {
      ...kept,
      namedEmail: sql`decode(${kept.namedEmail}, 'hex')`,
      namedExternalId: sql`decode(${kept.namedExternalId}, 'hex')`,
      receipt: sql`case when ${kept.kind} <> 'shop_redact' then ${kept.receipt}
        when ${kept.receipt} ? 'shop' then jsonb_build_object('shop', ${kept.receipt} -> 'shop') else '{}' end`,
      completedAt: sql`case when ${kept.kind} <> 'shop_redact' then ${kept.completedAt} end`,
    })} from ${fromKept} on conflict do nothing returning ${row}`;
  },
});

const CANCEL_REQUESTS = statement({
  crosses: 'restore',
  params: { requests: json },
  row: ONE,
  text(p, row) {
    const { merchantId, requestId, completedAt, cancelledAt, cancelReason } = privacyRequests;
    const { kept, fromKept } = keptRows(p.requests, { merchantId, requestId, cancelledAt, cancelReason });
    const cancelled = { cancelledAt: kept.cancelledAt, cancelReason: kept.cancelReason };
    return sql`
      update ${privacyRequests} set ${assign(privacyRequests, cancelled)} from ${fromKept}
       where ${and(
         eq(merchantId, kept.merchantId),
         eq(requestId, kept.requestId),
         isNull(completedAt),
         isNull(cancelledAt),
         isNotNull(kept.cancelledAt),
       )} returning ${row}`;
  },
});

const INSERT_TOMBSTONES = statement({
  params: { tombstones: json },
  row: ONE,
  text(p, row) {
    const { merchantId, kind, requestId, erasedAt } = erasureTombstones;
    const { kept, fromKept } = keptRows(p.tombstones, { merchantId, kind, hash: HEX, requestId, erasedAt });
    const hash = sql`decode(${kept.hash}, 'hex')`;
    return sql`${insertSelect(erasureTombstones, { ...kept, hash })} from ${fromKept}
      on conflict do nothing returning ${row}`;
  },
});

/**
 * Inserts the kept rows that a restored database lacks. A shop redaction is inserted as pending, with only
 * the name of its shop: the backup contains the shop and its keys. A cancelled one stays cancelled.
 */
export async function insertKept(tx: Tx, { requests, tombstones }: Kept): Promise<InsertedKept> {
  const all = { requests: JSON.stringify(requests) };
  const inserted = await tx.run(INSERT_REQUESTS, all);
  const cancelled = await tx.run(CANCEL_REQUESTS, all);
  const marked = await tx.run(INSERT_TOMBSTONES, { tombstones: JSON.stringify(tombstones) });
  return {
    requests: inserted.length,
    tombstones: marked.length,
    shops: inserted.filter(({ kind, cancelled: stopped }) => kind === 'shop_redact' && !stopped).length,
    cancelled: cancelled.length,
  };
}
