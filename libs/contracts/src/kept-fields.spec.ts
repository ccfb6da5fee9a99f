import {
  CustomerUpdatedSchema,
  GdprRequestCreatedSchema,
  RfmUpdatedSchema,
} from './gen/events/v1/events_pb.ts';
import { rawNumber } from './inbound/parse-json.ts';
import { hasForm, keptFields, type KeptForm } from './kept-fields.ts';

it('keeps ids, kinds and times of a privacy request, and no name of the person', () => {
  expect(keptFields(GdprRequestCreatedSchema)).toEqual({
    event_id: 'id',
    eventId: 'id',
    request_id: 'id',
    requestId: 'id',
    merchant_id: 'uuid',
    merchantId: 'uuid',
    kind: 'id',
    customer_id: 'uuid',
    customerId: 'uuid',
    external_id: 'removed',
    externalId: 'removed',
    email: 'removed',
    occurred_at: 'time',
    occurredAt: 'time',
  });
});

it('covers nested objects, by every name that a producer may write', () => {
  const { rfm_score: snake, rfmScore: camel } = keptFields(RfmUpdatedSchema);
  expect(snake).toMatchObject({
    recency: 'int32',
    segment: 'text',
    as_of: 'time',
    asOf: 'time',
    sequence: 'int64',
  });
  expect(camel).toEqual(snake);
});

it('keeps nothing of a list', () =>
  expect(keptFields(CustomerUpdatedSchema)).toMatchObject({ changed_fields: 'removed', version: 'int32' }));

const UUID = '10000000-0000-4000-8000-00000000000A';

it.each<[KeptForm, unknown]>([
  ['int32', rawNumber('5')],
  ['int32', rawNumber('-5.0')],
  ['int32', ' 5 '],
  ['int64', rawNumber('9007199254740993')],
  ['int64', '9007199254740993'],
  ['time', '2026-01-02T03:04:05.123456789Z'],
  ['time', '2026-01-02'],
  ['time', rawNumber('1767312000000')],
  ['uuid', UUID],
  ['uuid', `urn:uuid:${UUID}`],
  ['id', 'e-1'],
  ['id', 'customers/redact'],
  ['id', rawNumber('17')],
  ['text', "Can't lose them"],
])('accepts as %s: %j', (form, value) => expect(hasForm(form, value)).toBe(true));

it.each<[KeptForm, unknown]>([
  ...(['int32', 'int64', 'time', 'uuid', 'id'] as const).map((form): [KeptForm, unknown] => [
    form,
    'Ada Lovelace',
  ]),
  ...(['int32', 'int64', 'time', 'uuid'] as const).map((form): [KeptForm, unknown] => [form, 'Lovelace']),
  ...(['int32', 'int64', 'time', 'uuid', 'id', 'text'] as const).map((form): [KeptForm, unknown] => [
    form,
    true,
  ]),
  ['int32', rawNumber('4915112345678')],
  ['int32', '5 Ada'],
  ['int32', rawNumber('52.5')],
  ['int64', rawNumber('1e999999')],
  ['time', rawNumber('5550100')],
  ['time', '2026-01-02 Ada'],
  ['uuid', rawNumber('7')],
  ['uuid', 'gid://shopify/Customer/7'],
  ['id', 'Ada\u00a0Lovelace'],
  ['id', 'Bjørn'],
  ['id', 'x'.repeat(256)],
  ['id', rawNumber('1'.repeat(41))],
  ['text', 'x'.repeat(65)],
  ['text', 'a\nb'],
])('refuses as %s: %j', (form, value) => expect(hasForm(form, value)).toBe(false));
