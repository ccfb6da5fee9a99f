import { create, toJson, type DescMessage, type JsonObject, type JsonValue } from '@bufbuild/protobuf';
import { decodeEvent } from './envelope.ts';
import {
  CustomerCreatedSchema,
  CustomerUpdatedSchema,
  file_events_v1_events,
  GdprRequestCreatedSchema,
  RfmScorePayloadSchema,
  RfmUpdatedSchema,
} from './gen/events/v1/events_pb.ts';

const NEW = {
  a_new_field: 'text',
  aNewObject: { deep: [1, { deeper: null }] },
  a_new_list: [{}],
  a_new_null: null,
};

/** The body with fields of a newer producer in it and in every object below. */
const extended = (value: JsonValue): JsonValue => {
  if (Array.isArray(value)) return value.map(extended);
  if (typeof value !== 'object' || value === null) return value;
  return { ...Object.fromEntries(Object.entries(value).map(([name, one]) => [name, extended(one)])), ...NEW };
};

const when = { seconds: 1_767_312_000n, nanos: 0 };
const events: readonly (readonly [string, DescMessage, Record<string, unknown>])[] = [
  [
    'CustomerCreated',
    CustomerCreatedSchema,
    { customerId: 'c', version: 1, changedFields: ['email'], occurredAt: when },
  ],
  [
    'CustomerUpdated',
    CustomerUpdatedSchema,
    { customerId: 'c', version: 2, changedFields: ['email'], occurredAt: when },
  ],
  ['RfmUpdated', RfmUpdatedSchema, { customerId: 'c', rfmScore: { recency: 5, asOf: when, sequence: 17n } }],
  ['GdprRequestCreated', GdprRequestCreatedSchema, { requestId: 'r', customerId: 'c', occurredAt: when }],
];

it('every event of events.v1 is among these', () => {
  const nested = [RfmScorePayloadSchema.name];
  const names = file_events_v1_events.messages.map(({ name }) => name);
  expect(names.filter((name) => !nested.includes(name))).toEqual(events.map(([name]) => name));
});

describe.each(events)('%s of a newer producer', (_, schema, init) => {
  const event = create(schema, init);
  it.each([
    ['snake_case', true],
    ['camelCase', false],
  ])('is read with fields that we do not know, in it and below, in %s', (_case, useProtoFieldName) => {
    const body = extended(toJson(schema, event, { useProtoFieldName })) as JsonObject;
    expect(Object.keys(body)).toEqual(expect.arrayContaining(Object.keys(NEW)));
    expect(decodeEvent(schema, Buffer.from(JSON.stringify(body)))).toEqual(event);
  });
});
