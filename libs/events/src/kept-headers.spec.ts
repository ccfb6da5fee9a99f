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

it('keeps headers that are read unchanged', () => expect(keptHeaders(KNOWN)).toEqual(KNOWN));

it.each([
  ['a header that is not read', { 'x-customer': 'Ada Lovelace' }],
  ['a header whose name is personal data', { 'Ada Lovelace': '1' }],
  ['a header with the name of an inherited property', { constructor: 'Ada' }],
  ['an invalid time', { ce_time: 'Ada Lovelace' }],
  ['a number for a time', { ce_time: '049301234567' }],
  ['a date for a time', { ce_time: '1990-01-02' }],
  ['a word for its type', { ce_type: 'Lovelace' }],
  ['an unknown topic for its type', { ce_type: 'Leak/Street/1' }],
  ['a word for its redrive position', { redriven_from: 'Lovelace' }],
  ['a redrive position without a known topic', { redriven_from: 'Leak/Street/1' }],
  ['half a redrive position', { redriven_from: 'rfm.updated.dlq/1' }],
  ['a street for its content type', { 'content-type': 'Leak/Street' }],
  ['a word for its charset', { 'content-type': 'application/json; charset=Lovelace' }],
  ['a name for its signature', { jws: 'Ada..Lovelace' }],
  ['an invalid content type', { 'content-type': 'application/json; of=Ada' }],
  ['an invalid trace', { traceparent: 'Ada' }],
  ['an invalid signature', { jws: 'Ada Lovelace' }],
  ['an invalid version', { ce_specversion: 'Ada' }],
  ['a long signature', { jws: `a..${'x'.repeat(2_000)}` }],
  ['a character that cannot be stored', { 'x\0': 'a\0b' }],
])('leaves out %s and counts it', (_, headers) => {
  const { ce_id } = KNOWN;
  const left = { ce_id, dlq_headers_left_out: '1' };
  expect(keptHeaders({ ce_id, ...headers } as Record<string, string>)).toEqual(left);
  // A deferred event that becomes a dead letter is cleaned twice.
  expect(keptHeaders(left)).toEqual(left);
  expect(keptHeaders({ ...left, another: 'x' })).toEqual({ ce_id, dlq_headers_left_out: '2' });
});

it.each(['Ada Lovelace', 'ada@example.com', 'x'.repeat(256), 'a\0b'])(
  'replaces an id that may name a person by [removed]: %j',
  (id) =>
    expect(keptHeaders({ ce_id: id, ce_source: id })).toEqual({ ce_id: '[removed]', ce_source: '[removed]' }),
);

it('ignores a count from another sender that is not a number', () =>
  expect(keptHeaders({ dlq_headers_left_out: 'Ada' })).toEqual({}));
