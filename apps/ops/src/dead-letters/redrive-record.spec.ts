import { bodyOf } from '../events/record-lines.ts';
import { toView } from './dead-letter.ts';
import { redriveRecord } from './redrive-record.ts';

const letter = (headers: Record<string, string> = {}, value = '{"event_id":"e-1"}') =>
  toView(
    {
      topic: 'rfm.updated.dlq',
      partition: 2,
      offset: 7n,
      timestamp: new Date(0),
      key: Buffer.from('c-1'),
      headers: {
        ce_type: 'rfm.updated',
        traceparent: '00-1-2-01',
        dlq_reason: 'invalid',
        dlq_source_topic: 'rfm.updated',
        dlq_partition: '1',
        dlq_offset: '99',
        dlq_attempts: '1',
        ...headers,
      },
      value: Buffer.from(value),
    },
    undefined,
  );

it('reads a dead letter from its headers and body', () => {
  expect(letter()).toMatchObject({
    reason: 'invalid',
    sourcePosition: '1/99',
    eventId: 'e-1',
    attempts: '1',
  });
  expect(letter({ ce_id: 'e-2' }).eventId).toBe('e-2');
  expect(letter({}, '{"eventId":"e-3"}').eventId).toBe('e-3');
  expect([letter({}, '[1]').eventId, letter({}, 'null').eventId, letter({}, '{').eventId]).toEqual([
    '',
    '',
    '',
  ]);
  expect([bodyOf(null), bodyOf(Buffer.from('{'))]).toEqual([null, '{']);
});

it('restores the record of the source topic and adds its origin', () => {
  expect(redriveRecord(letter())).toEqual({
    topic: 'rfm.updated',
    key: Buffer.from('c-1'),
    headers: {
      ce_type: 'rfm.updated',
      traceparent: '00-1-2-01',
      redriven_from: 'rfm.updated.dlq/2/7',
    },
    value: Buffer.from('{"event_id":"e-1"}'),
  });
});

it.each([
  [
    'a body that was left out',
    letter({ dlq_body_bytes: '10485760' }),
    'its body of 10485760 bytes was left out',
  ],
  ['removed personal data', letter({}, '{"email":"[removed]"}'), 'personal data, or fields'],
  [
    'removed fields',
    letter({}, '{"[removed]":"fields that the schema does not know"}'),
    'have its producer send it again, then drop it',
  ],
  ['an unsigned record', letter({ dlq_reason: 'signature_missing' }), 'its signature is missing or invalid'],
  ['an invalid signature', letter({ dlq_reason: 'signature_invalid' }), 'find out who sent it'],
  [
    'a body that was rewritten after it was signed',
    letter({ dlq_signature: 'removed' }),
    'its signature was removed',
  ],
  ['another source topic', letter({ dlq_source_topic: 'customer.updated' }), 'dlq_source_topic'],
])('refuses %s', (_, one, why) => {
  expect(redriveRecord(one)).toEqual({ refused: expect.stringContaining(why) });
});
