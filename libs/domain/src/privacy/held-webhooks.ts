import { and, asc, eq, gt, isNotNull, like, sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { KeyError, type MerchantKeys } from '@core/crypto';
import { build, NIL_UUID, statement, webhookEvents, type Reader, type RowOf } from '@core/db';
import { decryptWebhookBody, type Keys } from '../core/index.ts';
import { mentionsPerson, marksOfPerson, type NamesInBody } from './mentions-person.ts';

/** A webhook that is stored with its body: it waits, or was given up. */
const HELD = {
  id: webhookEvents.id,
  merchantId: webhookEvents.merchantId,
  shop: webhookEvents.shop,
  topic: webhookEvents.topic,
  eventId: webhookEvents.eventId,
  /** Encrypted: see decryptWebhookBody. */
  body: sql<string>`${webhookEvents.body}`,
  receivedAt: webhookEvents.receivedAt,
};

export interface FoundWebhooks {
  webhooks: (RowOf<typeof HELD> & { decrypted: Buffer })[];
  /** How many may be about the person but could not be decrypted. */
  unreadable: number;
  /**
   * How many are not JSON and do not contain a name of the person as it is written; another form may be
   * present.
   */
  undetermined: number;
}

const BATCH = 200;

const NEXT = statement({
  params: { merchantId: webhookEvents.merchantId, after: webhookEvents.id, marks: webhookEvents.nameMarks },
  row: HELD,
  text: (p, row) =>
    build
      .select(row)
      .from(webhookEvents)
      .where(
        and(
          eq(webhookEvents.merchantId, p.merchantId),
          isNotNull(webhookEvents.body),
          like(webhookEvents.topic, 'customers/%'),
          gt(webhookEvents.id, p.after),
          sql`(${webhookEvents.nameMarks} is null or ${webhookEvents.nameMarks} && ${p.marks})`,
        ),
      )
      .orderBy(asc(webhookEvents.id))
      .limit(BATCH),
});

/**
 * Returns a merchant's held webhooks that are about a person, with their bodies decrypted. Only bodies with a
 * matching mark, or without marks, are decrypted: decrypting all of them took an erasure one second per ten
 * thousand.
 */
export async function findHeldWebhooks(
  reader: Reader,
  ctx: Keys,
  keys: MerchantKeys,
  merchantId: MerchantId,
  names: NamesInBody,
): Promise<FoundWebhooks> {
  const found: FoundWebhooks = { webhooks: [], unreadable: 0, undetermined: 0 };
  const marks = marksOfPerson(keys, names);
  for (let after: string = NIL_UUID; ;) {
    const rows = await reader.run(NEXT, { merchantId, after, marks });
    for (const row of rows) {
      const decrypted = await decryptWebhookBody(reader, ctx, row).catch((error: unknown) => {
        if (error instanceof KeyError) return undefined;
        throw error;
      });
      if (!decrypted) {
        found.unreadable++;
        continue;
      }
      const mention = mentionsPerson(keys, names, decrypted);
      if (mention === 'named') found.webhooks.push({ ...row, decrypted });
      if (mention === 'undetermined') found.undetermined++;
    }
    if (rows.length < BATCH) return found;
    after = rows.at(-1)?.id ?? after;
  }
}
