import { issueCursor, readCursor } from './cursor.ts';

const scope = { shop: 'a.myshopify.com', query: '', sortKey: 'ID', reverse: false };
const position = { id: 7, value: 7 };
const cursor = issueCursor('secret', scope, position);
const edited = (change: object) => {
  const body = JSON.parse(Buffer.from(cursor, 'base64').toString()) as object;
  return Buffer.from(JSON.stringify({ ...body, ...change })).toString('base64');
};

describe('cursors', () => {
  it('are read back as their position, with the same seed also in another process', () => {
    expect(readCursor('secret', { ...scope }, cursor)).toEqual(position);
    expect(issueCursor('secret', scope, position)).toBe(cursor);
  });

  it.each([
    ['another shop', { ...scope, shop: 'b.myshopify.com' }],
    ['another query', { ...scope, query: 'id:>1' }],
    ['another sort key', { ...scope, sortKey: 'UPDATED_AT' }],
    ['the other direction', { ...scope, reverse: true }],
  ])('are refused with %s', (_, other) => expect(readCursor('secret', other, cursor)).toBeUndefined());

  it.each([
    ['invented', 'eyJsYXN0X2lkIjo3fQ=='],
    ['not base64', '%%%'],
    ['empty', ''],
    ['JSON null', Buffer.from('null').toString('base64')],
    ['moved on', edited({ last_id: 8 })],
    ['moved on by value', edited({ last_value: 8 })],
    ['extended by a field', edited({ x: 1 })],
    ['padded', `${cursor} `],
    ['of another secret', issueCursor('other', scope, position)],
  ])('are refused when %s', (_, given) => expect(readCursor('secret', scope, given)).toBeUndefined());
});
