import { FIRST_UUID, KeyError, type MerchantKeys, type Reader } from '@core/db';
import { openWebhookBody, type CommandContext } from '../core/index.ts';
import { bodyNames, isJson, marksOfPerson, type NamesInBody } from './names-in-body.ts';

/** A webhook that is kept with its body: it waits, or was given up. */
export interface HeldWebhook {
  id: string;
  merchantId: string;
  shop: string;
  topic: string;
  eventId: string;
  /** Sealed: see openWebhookBody. */
  body: string;
  outcome: 'failed' | null;
  receivedAt: Date;
}

export interface FoundWebhooks {
  webhooks: (HeldWebhook & { opened: Buffer })[];
  /** How many may be about the person and did not open, so that nobody can tell. */
  unreadable: number;
  /** How many are no JSON, and do not hold a name of the person as it is written: another form of it may stand there. */
  unjudged: number;
}

const BATCH = 200;

/**
 * Those of a merchant's held webhooks that are about a person, with their bodies opened. Opening all of them took an
 * erasure a second for ten thousand.
 */
export async function findHeldWebhooks(
  reader: Reader,
  ctx: Pick<CommandContext, 'keys'>,
  keys: MerchantKeys,
  merchantId: string,
  names: NamesInBody,
): Promise<FoundWebhooks> {
  const found: FoundWebhooks = { webhooks: [], unreadable: 0, unjudged: 0 };
  const marks = marksOfPerson(keys, names);
  for (let after = FIRST_UUID; ;) {
    const rows = await reader.query<HeldWebhook & Record<string, unknown>>(
      `select id, merchant_id as "merchantId", shop, topic, event_id as "eventId", body, outcome,
              received_at as "receivedAt"
         from webhook_events
        where merchant_id = $1 and body is not null and topic like 'customers/%' and id > $2
          and (name_marks is null or name_marks && $3::int[])
        order by id limit ${BATCH}`,
      [merchantId, after, marks],
    );
    for (const row of rows) {
      const opened = await openWebhookBody(reader, ctx.keys, row).catch((error: unknown) => {
        if (error instanceof KeyError) return undefined;
        throw error;
      });
      if (!opened) found.unreadable++;
      else if (bodyNames(keys, names, opened)) found.webhooks.push({ ...row, opened });
      else if (!isJson(opened)) found.unjudged++;
    }
    if (rows.length < BATCH) return found;
    after = rows.at(-1)?.id ?? after;
  }
}
