import { keptHeaders } from './kept-headers.ts';

const KNOWN = {
  ce_specversion: '1.0',
  ce_id: 'e-1',
  ce_type: 'rfm.updated',
  ce_source: 'https://rfm.example.com/scores',
  ce_time: '2026-01-02T03:04:05.123Z',
  'content-type': 'application/json; charset=utf-8',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  redriven_from: 'rfm.updated.dlq/0/7',
  jws: 'eyJhbGciOiJFUzI1NiJ9..c2lnbmF0dXJl',
};

it('keeps what is read, as it is', () => expect(keptHeaders(KNOWN)).toEqual(KNOWN));

it.each([
  ['a header that nobody reads', { 'x-customer': 'Ada Lovelace' }],
  ['one whose name says it', { 'Ada Lovelace': '1' }],
  ['one with the name of what every object has', { constructor: 'Ada' }],
  ['a time that is none', { ce_time: 'Ada Lovelace' }],
  ['a number for a time', { ce_time: '049301234567' }],
  ['a date for a time', { ce_time: '1990-01-02' }],
  ['a word for its type', { ce_type: 'Lovelace' }],
  ['a topic of nobody for its type', { ce_type: 'Leak/Street/1' }],
  ['a word for its dead letter', { redriven_from: 'Lovelace' }],
  ['a position of no topic for it', { redriven_from: 'Leak/Street/1' }],
  ['half a position for it', { redriven_from: 'rfm.updated.dlq/1' }],
  ['a street for the type of its content', { 'content-type': 'Leak/Street' }],
  ['a word for the charset of its content', { 'content-type': 'application/json; charset=Lovelace' }],
  ['a name for its signature', { jws: 'Ada..Lovelace' }],
  ['a type that is none', { 'content-type': 'application/json; of=Ada' }],
  ['a trace that is none', { traceparent: 'Ada' }],
  ['a signature that is none', { jws: 'Ada Lovelace' }],
  ['a version that is none', { ce_specversion: 'Ada' }],
  ['a long signature', { jws: `a..${'x'.repeat(2_000)}` }],
  ['a character that cannot be stored', { 'x\0': 'a\0b' }],
])('leaves out %s, and says that one is', (_, headers) => {
  const { ce_id } = KNOWN;
  const left = { ce_id, dlq_headers_left_out: '1' };
  expect(keptHeaders({ ce_id, ...headers } as Record<string, string>)).toEqual(left);
  // A parked event that becomes a dead letter is cleaned twice.
  expect(keptHeaders(left)).toEqual(left);
  expect(keptHeaders({ ...left, another: 'x' })).toEqual({ ce_id, dlq_headers_left_out: '2' });
});

it.each(['Ada Lovelace', 'ada@example.com', 'x'.repeat(256), 'a\0b'])(
  'puts [removed] in the place of an id with a name of a person: %j',
  (id) =>
    expect(keptHeaders({ ce_id: id, ce_source: id })).toEqual({ ce_id: '[removed]', ce_source: '[removed]' }),
);

it('believes no count of others that is none', () =>
  expect(keptHeaders({ dlq_headers_left_out: 'Ada' })).toEqual({}));
