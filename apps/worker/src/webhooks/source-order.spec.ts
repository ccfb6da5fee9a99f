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
  } satisfies WaitingWebhook,
  payload,
});
const update = (id: string, customer: number, minute: number) =>
  decrypted(id, 'customers/update', { id: customer, updated_at: `2026-01-01T00:${10 + minute}:00-05:00` });
const order = (...all: DecryptedWebhook[]) => inSourceOrder(all).map(({ webhook }) => webhook.id);

it('puts the updates of one customer in the order of the source', () =>
  expect(order(update('late', 1, 9), update('first', 1, 1), update('middle', 1, 5))).toEqual([
    'first',
    'middle',
    'late',
  ]));

it('leaves other customers and all else in their places', () =>
  expect(
    order(
      update('late', 1, 9),
      decrypted('gone', 'customers/delete', { id: 1 }),
      update('other', 2, 0),
      update('first', 1, 1),
    ),
  ).toEqual(['first', 'gone', 'other', 'late']));

it('leaves what cannot be read where it is', () =>
  expect(
    order(
      decrypted('encrypted', 'customers/update', new Error('does not open')),
      decrypted('nobody', 'customers/update', { updated_at: '2026-01-01T00:00:00Z' }),
      decrypted('timeless', 'customers/update', { id: 1 }),
      update('one', 1, 1),
    ),
  ).toEqual(['encrypted', 'nobody', 'timeless', 'one']));
