import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import specs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import {
  allTopics,
  file_events_v1_events,
  GdprRequestCreatedSchema,
  keptFields,
  readGdprRequestCreated,
  readRfmUpdated,
  RfmUpdatedSchema,
  Topic,
} from '@core/contracts';
import { sendDeadLetters, topicSpecs, type EventRecord } from '@core/events';
import { workspaceRoot } from '@core/testing';

interface Message {
  headers: object;
  payload: { $ref?: string };
  examples: { headers: Record<string, string>; payload: Record<string, unknown> }[];
}
interface Document {
  channels: Record<
    string,
    {
      address: string;
      bindings: { kafka: { partitions: number; topicConfiguration: Record<string, unknown> } };
    }
  >;
  operations: Record<string, { action: string; channel: { $ref: string } }>;
  components: {
    messages: Record<string, Message>;
    schemas: Record<string, { properties: Record<string, unknown>; required?: string[] }>;
  };
}

const document = parse(readFileSync(join(workspaceRoot(), 'docs/asyncapi.yaml'), 'utf8')) as Document;

/** Returns a validator for one part of the document, which may refer to other parts. */
const validatorOf = (part: object) => {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  return ajv.compile({ ...part, components: document.components });
};

describe('docs/asyncapi.yaml', () => {
  it('is valid AsyncAPI 3.0', () => {
    const ajv = new Ajv({ strict: false, logger: false });
    addFormats.default(ajv);
    const validate = ajv.compile(specs.schemasWithoutId['3.0.0']);
    expect([validate(document), validate.errors]).toEqual([true, null]);
    const broken = structuredClone(document);
    delete (Object.values(broken.operations)[0] as { action?: string }).action;
    expect(validate(broken)).toBe(false);
  });

  it('has the target of every reference', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path]) => path ?? '',
    );
    expect(refs.length).toBeGreaterThan(20);
    for (const path of refs) {
      const target = path
        .split('/')
        .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
      expect({ path, found: target !== undefined }).toEqual({ path, found: true });
    }
  });

  it('has a channel for every topic, as `npm run ops -- topics` creates it', () => {
    expect(Object.values(document.channels).map(({ address }) => address)).toEqual(allTopics());
    for (const { name, partitions, config } of topicSpecs()) {
      const { kafka } = Object.values(document.channels).find(({ address }) => address === name)!.bindings;
      expect([name, kafka.partitions]).toEqual([name, partitions]);
      expect(
        Object.fromEntries(
          Object.entries(kafka.topicConfiguration).map(([setting, value]) => [setting, String(value)]),
        ),
      ).toEqual(config);
    }
    expect(Object.keys(document.operations)).toHaveLength(allTopics().length);
  });

  it('has every message of events.v1 with every field in snake_case', () => {
    expect(Object.keys(document.components.schemas)).toEqual(
      file_events_v1_events.messages.map(({ name }) => name),
    );
    for (const { name, fields } of file_events_v1_events.messages) {
      const { properties } = document.components.schemas[name]!;
      expect([name, Object.keys(properties)]).toEqual([name, fields.map((field) => field.name)]);
    }
  });

  const messages = Object.entries(document.components.messages);
  it.each(messages)(
    'the examples of %s match their schemas, and the schemas refuse invalid bodies',
    (_, message) => {
      const headers = validatorOf(message.headers);
      const payload = validatorOf(message.payload);
      expect(message.examples.length).toBeGreaterThan(0);
      for (const example of message.examples) {
        expect([headers(example.headers), headers.errors]).toEqual([true, null]);
        expect([payload(example.payload), payload.errors]).toEqual([true, null]);
        expect(payload({ ...example.payload, from_a_newer_producer: { deep: 1 } })).toBe(true);
        if (!message.payload.$ref) continue;
        expect(payload({ ...example.payload, merchant_id: 7 })).toBe(false);
        const { merchant_id: _, ...without } = example.payload;
        expect(payload(without)).toBe(false);
      }
    },
  );

  it.each([
    ['RfmUpdated', readRfmUpdated, (customerId: unknown) => ({ customerId })],
    [
      'GdprRequestCreated',
      readGdprRequestCreated,
      (name: unknown) => ({ given: { customerId: [{ field: 'customer_id', name }] } }),
    ],
  ] as const)('our reader reads the example of %s', (name, read, named) => {
    const { headers, payload } = document.components.messages[name]!.examples[0]!;
    const event = read(Buffer.from(JSON.stringify(payload)));
    expect(event).toMatchObject({ eventId: headers['ce_id'], ...named(payload['customer_id']) });
  });

  it.each([
    [Topic.rfmUpdated, 'RfmUpdatedDeadLetter', RfmUpdatedSchema, 'rfm_score'],
    [Topic.gdprRequestCreated, 'GdprRequestCreatedDeadLetter', GdprRequestCreatedSchema, 'merchant_id'],
  ] as const)(
    'the example of a dead letter of %s equals the one that the worker writes',
    async (topic, name, schema, field) => {
      const { headers, payload } = document.components.messages[name]!.examples[0]!;
      const [partition, offset] = [Number(headers['dlq_partition']), BigInt(headers['dlq_offset'] ?? 0)];
      const record = {
        topic,
        partition,
        offset,
        key: null,
        headers: {},
        value: Buffer.from('{"customer_id": 7}'),
      };
      const fault = { field, rule: headers['dlq_rule'] ?? '' };
      const sent: EventRecord[] = [];
      await sendDeadLetters({ send: async (records) => void sent.push(...records) }, [
        { record, keeps: keptFields(schema), reason: 'invalid', fault, attempts: 1 },
      ]);
      expect(headers).toEqual(sent[0]!.headers);
      expect(payload).toEqual(JSON.parse(String(sent[0]!.value)));
    },
  );

  it('the example of a dead letter of rfm.updated names the fault that our reader finds', () => {
    const { dlq_field: field, dlq_rule: rule } =
      document.components.messages['RfmUpdatedDeadLetter']!.examples[0]!.headers;
    expect(() => readRfmUpdated(Buffer.from('{"customer_id": 7}'))).toThrow(`${field}: ${rule}`);
  });
});
