import { createHmac } from 'node:crypto';
import { DEV_CLIENT_SECRET } from '@core/shopify-stand-in';
import { sendWebhook } from '../../field/webhooks/send.ts';
import type { FieldStack } from '../../field/stack.ts';
import { eventually } from '../../eventually.ts';
import type { EntryPoint } from '../case.ts';
import { storedCustomers } from '../stored-customers.ts';
import { sendCalls, type Calls } from './connect-calls.ts';
import { fillPlaceholders, makeWorld, type StoredCustomer, type World } from '../world.ts';

export interface Webhook {
  stored?: StoredCustomer;
  /** All headers except the signature. */
  headers: readonly string[];
  body: string;
  path?: string;
  /** Whether the signature is created with another secret. */
  forged?: boolean;
  /** Calls to make after the webhook is applied. */
  then?: Calls;
}

/** Sends one webhook with exactly these headers; the outcome is the stored data after it is applied. */
export const webhooks: EntryPoint<Webhook> = {
  name: 'webhook',
  show: ({ stored, headers, body, path = '', forged, then = [] }) =>
    [
      ...(stored ? [`stored as ${JSON.stringify(stored)}:`] : []),
      ...(forged ? ['a wrong signature,'] : []),
      ...(path ? [`at ${path}`] : []),
      ...(headers.length > 0 ? headers : ['no header']),
      body,
      ...then.map((call) => `then ${call.join(' ')}`),
    ].join(' '),
  send: (stack, inputs, signal) =>
    Promise.all(
      inputs.map(async (input) => {
        const world = await makeWorld(stack, input.stored);
        const { status, text } = await sendOne(stack, world, input, signal);
        if (status !== 200) return `${status} ${text}`.trim();
        const effect = await readEffect(stack, world);
        const replies = await sendCalls(stack, world, input.then ?? []);
        return [`200, ${effect}`, ...replies].join('; ');
      }),
    ),
};

function sendOne(
  { httpUrl }: FieldStack,
  world: World,
  { headers, body, path = '', forged = false }: Webhook,
  signal: AbortSignal,
) {
  const bytes = Buffer.from(fillPlaceholders(body, world));
  const signature = createHmac('sha256', forged ? 'another secret' : DEV_CLIENT_SECRET)
    .update(bytes)
    .digest('base64');
  const pairs = headers.map((line): [string, string] => {
    const [name = '', value = ''] = fillPlaceholders(line, world).split(': ');
    return [name, value];
  });
  const hasSignature = headers.some((line) => /hmac/i.test(line));
  if (!hasSignature) pairs.push(['X-Shopify-Hmac-Sha256', signature]);
  const signed = pairs.map(([name, value]): [string, string] => [
    name,
    value.replace('$signature', signature),
  ]);
  return sendWebhook(httpUrl, { path, headers: signed, body: bytes }, signal);
}

/** Returns the result of the webhook: the state of its privacy request, or the stored customers. */
async function readEffect(stack: FieldStack, world: World): Promise<string> {
  const { owner } = stack;
  const events = async () =>
    (
      await owner.query<{ outcome: string | null; error: string | null }>(
        'select outcome, error from webhook_events where merchant_id = $1',
        [world.merchantId],
      )
    ).rows;
  await eventually('a webhook to be applied', async () =>
    (await events()).every(({ outcome }) => outcome !== null),
  );
  const [event] = await events();
  if (!event) return 'not stored';
  const { rows } = await owner.query<{ kind: string; done: boolean; erased: boolean }>(
    `select r.kind, r.completed_at is not null as done,
            exists (select from customers c where c.id = $2 and c.erased_at is not null) as erased
       from privacy_requests r where r.merchant_id = $1`,
    [world.merchantId, world.customerId],
  );
  const [request] = rows;
  const failed = event.outcome === 'failed' ? `given up as ${event.error}, ` : '';
  if (!request) return `${failed}${await storedCustomers(stack, world)}`;
  if (request.done) return `${failed}${request.erased ? 'erased' : 'done, no customer found'}`;
  return `${failed}pending: ${request.kind}`;
}
