import { KeyError, open, sealValue, splitSealed, type Tx } from '@core/db';
import { webhookContext } from '../core/index.ts';
import { tokenContext } from '../imports/index.ts';
import type { RotationKeys } from './rotate-emails.ts';

/** What was found of older generations outside of customers. */
export interface RotatedSealed {
  older: number;
  rotated: number;
  /** What does not open, such as `access token of example.myshopify.com`; it stays as it is. */
  unreadable: string[];
}

/** Seals a merchant's access tokens anew. */
export async function rotateTokens(tx: Tx, merchantId: string, keys: RotationKeys): Promise<RotatedSealed> {
  const connections = await tx.query<{ shop: string; access: string; refresh: string | null }>(
    `select shop, access_token as access, refresh_token as refresh from shopify_connections
      where merchant_id = $1 order by shop for update`,
    [merchantId],
  );
  const found: RotatedSealed = { older: 0, rotated: 0, unreadable: [] };
  for (const { shop, access, refresh } of connections) {
    const anew = (kind: 'access' | 'refresh', value: string | null) =>
      resealed(keys, value, tokenContext({ merchantId, shop }, kind), `${kind} token of ${shop}`, found);
    await tx.query(
      'update shopify_connections set access_token = $3, refresh_token = $4 where merchant_id = $1 and shop = $2',
      [merchantId, shop, anew('access', access), anew('refresh', refresh)],
    );
  }
  return found;
}

/** Seals a page of a merchant's webhooks anew; those that others hold are passed over. */
export async function rotateWebhooks(
  tx: Tx,
  merchantId: string,
  keys: RotationKeys,
  page: { after: string; limit: number },
): Promise<RotatedSealed & { next: string | null }> {
  // By shop, because webhooks are indexed by it; none is stored of a shop that is not connected.
  const webhooks = await tx.query<{
    id: string;
    shop: string;
    topic: string;
    event_id: string;
    body: string;
  }>(
    `select w.id, w.shop, w.topic, w.event_id, w.body
       from webhook_events w
      where w.shop in (select shop from shopify_connections where merchant_id = $1) and w.merchant_id = $1
        and w.id > $2 and split_part(w.body, '.', 1) = any($4::text[])
      order by w.id limit $3 for update skip locked`,
    [merchantId, page.after, page.limit, keys.older.map(({ generation }) => String(generation))],
  );
  const found: RotatedSealed = { older: 0, rotated: 0, unreadable: [] };
  for (const { id, shop, topic, event_id: eventId, body } of webhooks) {
    const context = webhookContext({ merchantId, shop, topic, eventId });
    await tx.query('update webhook_events set body = $3 where merchant_id = $1 and id = $2', [
      merchantId,
      id,
      resealed(keys, body, context, `webhook ${id}`, found),
    ]);
  }
  return { ...found, next: webhooks.length === page.limit ? (webhooks.at(-1)?.id ?? null) : null };
}

/** As sealValue under the newest key; what is no older generation's, or does not open, stays as it is. */
function resealed(
  { older, newest }: RotationKeys,
  value: string | null,
  context: string,
  what: string,
  found: RotatedSealed,
): string | null {
  if (value === null) return null;
  const { generation, sealed } = splitSealed(value);
  const from = older.find((keys) => String(keys.generation) === generation);
  if (!from) return value;
  found.older++;
  try {
    const anew = sealValue(newest, open(from.dataKey, sealed, context), context);
    found.rotated++;
    return anew;
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    found.unreadable.push(what);
    return value;
  }
}
