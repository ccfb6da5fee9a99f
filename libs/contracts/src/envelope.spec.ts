import { decodeEvent, MalformedEvent } from './envelope.ts';
import { GdprRequestCreatedSchema, RfmUpdatedSchema } from './gen/events/v1/events_pb.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const score = { recency: 5, frequency: 4, monetary: 5, as_of: '2026-01-02T00:00:00Z' };

describe('decodeEvent', () => {
  it.each([
    ['snake_case, sequence as a number', { customer_id: 'c', rfm_score: { ...score, sequence: 17 } }],
    ['snake_case, sequence as a string', { customer_id: 'c', rfm_score: { ...score, sequence: '17' } }],
    [
      'camelCase',
      {
        customerId: 'c',
        rfmScore: { recency: 5, frequency: 4, monetary: 5, asOf: score.as_of, sequence: 17 },
      },
    ],
    [
      'an unknown field of a newer producer',
      { customer_id: 'c', rfm_score: { ...score, sequence: 17, mood: 1 } },
    ],
  ])('reads %s', (_, { ...body }) => {
    const event = decodeEvent(RfmUpdatedSchema, bytes(JSON.stringify(body)));
    expect(event.customerId).toBe('c');
    expect(event.rfmScore?.sequence).toBe(17n);
  });

  it.each([
    ['no body', ''],
    ['no JSON', '{"customer_id":'],
    ['an array', '[]'],
    ['a wrong type', '{"email": {"deep": "ada@example.com"}}'],
    ['a wrong scalar', '{"occurred_at": "ada@example.com"}'],
  ])('refuses %s without repeating a value', (_, body) => {
    const read = () => decodeEvent(GdprRequestCreatedSchema, bytes(body));
    expect(read).toThrow(MalformedEvent);
    expect(read).not.toThrow(/ada@/);
  });
});
