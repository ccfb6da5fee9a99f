import {
  CustomerUpdatedSchema,
  GdprRequestCreatedSchema,
  RfmUpdatedSchema,
} from './gen/events/v1/events_pb.ts';
import { keptFields } from './kept-fields.ts';

it('keeps ids, kinds and times of a privacy request, and no name of the person', () => {
  expect(keptFields(GdprRequestCreatedSchema)).toEqual({
    event_id: 'text',
    eventId: 'text',
    request_id: 'text',
    requestId: 'text',
    merchant_id: 'text',
    merchantId: 'text',
    kind: 'text',
    customer_id: 'uuid',
    customerId: 'uuid',
    external_id: 'removed',
    externalId: 'removed',
    email: 'removed',
    occurred_at: 'text',
    occurredAt: 'text',
  });
});

it('goes into objects, by every name that a producer may write', () => {
  const { rfm_score: snake, rfmScore: camel } = keptFields(RfmUpdatedSchema);
  expect(snake).toMatchObject({ recency: 'text', as_of: 'text', asOf: 'text', sequence: 'text' });
  expect(camel).toEqual(snake);
});

it('keeps nothing of a list until somebody has thought of it', () =>
  expect(keptFields(CustomerUpdatedSchema)).toMatchObject({ changed_fields: 'removed', version: 'text' }));
