import type { WaitingWebhook, WebhookTopic } from '@core/domain';
import { aMerchantId } from '@core/testing';
import { inSourceOrder, type DecryptedWebhook } from './source-order.ts';

const decrypted = (
  id: string,
  topic: WebhookTopic,
  payload: DecryptedWebhook['payload'],
): DecryptedWebhook => ({
  webhook: {
    id,
    topic,
    merchantId: aMerchantId(),
    shop: 's',
    requestId: null,
    eventId: id,
    body: '',
    attempts: 0,
    triggeredAt: new Date(0),
    connected: true,
    emailsWithheld: false,
  } satisfies WaitingWebhook,
  payload,
});
const update = (id: string, customer: number, minute: number) =>
  decrypted(id, 'customers/update', { id: customer, updated_at: `2026-01-01T00:${10 + minute}:00-05:00` });
const order = (...all: DecryptedWebhook[]) => inSourceOrder(all).map(({ webhook }) => webhook.id);

it('sorts the updates of one customer by updated_at', () =>
  expect(order(update('late', 1, 9), update('first', 1, 1), update('middle', 1, 5))).toEqual([
    'first',
    'middle',
    'late',
  ]));

it('keeps the positions of other customers and other topics', () =>
  expect(
    order(
      update('late', 1, 9),
      decrypted('deleted', 'customers/delete', { id: 1 }),
      update('other', 2, 0),
      update('first', 1, 1),
    ),
  ).toEqual(['first', 'deleted', 'other', 'late']));

it('keeps the positions of unreadable webhooks', () =>
  expect(
    order(
      decrypted('encrypted', 'customers/update', new Error('does not open')),
      decrypted('anonymous', 'customers/update', { updated_at: '2026-01-01T00:00:00Z' }),
      decrypted('timeless', 'customers/update', { id: 1 }),
      update('one', 1, 1),
    ),
  ).toEqual(['encrypted', 'anonymous', 'timeless', 'one']));
