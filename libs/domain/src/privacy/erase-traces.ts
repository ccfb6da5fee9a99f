import { and, eq, inArray, isNotNull, sql, type SQL } from 'drizzle-orm';
import { shopifyNumber } from '@core/contracts';
import {
  build,
  customerImportErrors,
  customerImportIds,
  customerImportLogs,
  erasureTombstones,
  insertSelect,
  int8,
  many,
  ONE,
  oneOf,
  parkedEvents,
  segmentSyncs,
  segmentWrites,
  statement,
  unnest,
  webhookEvents,
  type Placeholders,
} from '@core/db';
import type { PersonStep } from './held-place.ts';
import { findHeldWebhooks } from './held-webhooks.ts';
import { isPrivacyTopic } from './privacy-topics.ts';

// Erasure steps of personal-data.ts: a person's data outside the customer's row, place by place.

const DELETE_IMPORT_ERRORS = statement({
  params: {
    merchantId: customerImportErrors.merchantId,
    externalIds: many(customerImportErrors.externalId),
  },
  row: ONE,
  text: (p, row) =>
    build
      .delete(customerImportErrors)
      .where(
        and(
          eq(customerImportErrors.merchantId, p.merchantId),
          oneOf(customerImportErrors.externalId, p.externalIds),
        ),
      )
      .returning(row),
});

export const eraseImportErrors: PersonStep = async (tx, _, { merchantId, externalIds }) => {
  const gone = await tx.run(DELETE_IMPORT_ERRORS, { merchantId, externalIds: [...externalIds] });
  return { found: gone.length };
};

const TAKE_IMPORT_IDS = statement({
  params: { merchantId: customerImportIds.merchantId, numbers: many(int8) },
  row: ONE,
  text(p, row) {
    const { merchantId, importId, ids } = customerImportIds;
    const noted = unnest('noted', { number: sql<number[]>`${ids}` });
    const runs = build
      .select({ id: customerImportLogs.id })
      .from(customerImportLogs)
      .where(eq(customerImportLogs.merchantId, p.merchantId));
    return build
      .update(customerImportIds)
      .set({
        ids: sql`array(select ${noted.number} from ${noted} where ${noted.number} <> all(${p.numbers}))`,
      })
      .where(and(eq(merchantId, p.merchantId), sql`${ids} && ${p.numbers}`, inArray(importId, runs)))
      .returning(row);
  },
});

export const eraseImportIds: PersonStep = async (tx, _, { merchantId, externalIds }) => {
  const numbers = [...externalIds].flatMap((id) => shopifyNumber(id) ?? []);
  const pages = await tx.run(TAKE_IMPORT_IDS, { merchantId, numbers });
  return { found: pages.length };
};

const DELETE_PARKED_EVENTS = statement({
  params: { merchantId: parkedEvents.merchantId, customerIds: many(parkedEvents.customerId) },
  row: ONE,
  text: (p, row) =>
    build
      .delete(parkedEvents)
      .where(and(eq(parkedEvents.merchantId, p.merchantId), oneOf(parkedEvents.customerId, p.customerIds)))
      .returning(row),
});

export const eraseParkedEvents: PersonStep = async (tx, _, { merchantId, customerIds }) => {
  const gone = await tx.run(DELETE_PARKED_EVENTS, { merchantId, customerIds });
  return { found: gone.length };
};

const EMPTY_SEGMENT_WRITES = statement({
  params: { merchantId: segmentWrites.merchantId, customerIds: many(segmentWrites.customerId) },
  row: ONE,
  text(p, row) {
    // By the few syncs of the merchant: the key has the sync before the customer.
    const { merchantId, syncId, customerId } = segmentWrites;
    const syncs = sql`array(select ${segmentSyncs.id} from ${segmentSyncs}
                             where ${segmentSyncs.merchantId} = ${p.merchantId})`;
    return build
      .update(segmentWrites)
      .set({ writtenSegment: null, writtenScore: null })
      .where(and(eq(merchantId, p.merchantId), oneOf(syncId, syncs), oneOf(customerId, p.customerIds)))
      .returning(row);
  },
});

/**
 * The importers find the erased customer among the changed ones, delete its metafields in the shop by the
 * number that stays, and then the row.
 */
export const eraseSegmentWrites: PersonStep = async (tx, _, { merchantId, customerIds }) => {
  const emptied = await tx.run(EMPTY_SEGMENT_WRITES, { merchantId, customerIds });
  return { found: emptied.length };
};

const WEBHOOKS = { merchantId: webhookEvents.merchantId, ids: many(webhookEvents.id) };
const areThose = (p: Placeholders<typeof WEBHOOKS>): SQL | undefined =>
  and(eq(webhookEvents.merchantId, p.merchantId), oneOf(webhookEvents.id, p.ids));

const IGNORE_WEBHOOKS = statement({
  params: WEBHOOKS,
  row: ONE,
  text: (p, row) =>
    build
      .update(webhookEvents)
      .set({ body: null, nameMarks: null, outcome: 'ignored', error: null, finishedAt: sql`now()` })
      .where(and(areThose(p), isNotNull(webhookEvents.body)))
      .returning(row),
});

const TRY_AGAIN = statement({
  params: WEBHOOKS,
  text: (p) =>
    build
      .update(webhookEvents)
      .set({ outcome: null, error: null, attempts: 0, finishedAt: null, nextAttemptAt: sql`now()` })
      .where(and(areThose(p), eq(webhookEvents.outcome, 'failed'))),
});

/**
 * Deletes the bodies and marks the webhooks as ignored: nothing may be stored about the person any more. A
 * privacy request that is still to be served keeps its body, which is deleted once it is served. One that was
 * given up is tried again, so that it does not outlive the person until an operator notices it.
 */
export const eraseWebhooks: PersonStep = async (tx, ctx, { merchantId, keys, ...names }) => {
  const { webhooks, unreadable, undetermined } = await findHeldWebhooks(tx, ctx, keys, merchantId, names);
  const left = webhooks.filter(({ topic }) => isPrivacyTopic(topic));
  const dropped = await tx.run(IGNORE_WEBHOOKS, {
    merchantId,
    ids: webhooks.filter((webhook) => !left.includes(webhook)).map(({ id }) => id),
  });
  await tx.run(TRY_AGAIN, { merchantId, ids: left.map(({ id }) => id) });
  const remarks = [
    ...(left.length > 0
      ? [`${left.length} waiting privacy requests keep their body until they are done`]
      : []),
    ...(unreadable > 0
      ? [
          `${unreadable} bodies cannot be decrypted with any key; they are deleted 30 days after they were received, a privacy request once it is done`,
        ]
      : []),
    ...(undetermined > 0
      ? [
          `${undetermined} bodies are not JSON and contain no name as it is written; they are deleted 30 days after they were received, a privacy request once it is done`,
        ]
      : []),
  ];
  return { found: dropped.length, remark: remarks.join('; ') };
};

const WRITE_TOMBSTONES = statement({
  params: {
    merchantId: erasureTombstones.merchantId,
    kinds: many(erasureTombstones.kind),
    hashes: many(erasureTombstones.hash),
    requestId: erasureTombstones.requestId,
  },
  row: ONE,
  text({ merchantId, kinds, hashes, requestId }, row) {
    const mark = unnest('mark', { kind: kinds, hash: hashes });
    return sql`${insertSelect(erasureTombstones, { merchantId, ...mark, requestId })} from ${mark}
      on conflict do nothing returning ${row}`;
  },
});

export const writeTombstones: PersonStep = async (tx, _, { merchantId, requestId, tombstones }) => {
  const written = await tx.run(WRITE_TOMBSTONES, {
    merchantId,
    kinds: tombstones.map(({ kind }) => kind),
    hashes: tombstones.map(({ hash }) => hash),
    requestId,
  });
  return {
    found: 0,
    remark: `${written.length} written: keyed hashes by which an import recognizes a person who must not be stored again`,
  };
};
