import { CursorLost, ShopifyUnavailable } from '../answers/errors.ts';
import { cursorAfter, type PageCursor } from './page-cursor.ts';

/** Returns two customers of the page with this number. */
const idsOf = (page: number) => [page * 10, page * 10 + 5];

/** Reads pages until the chain ends or a loop is detected. @returns how many were read, and how it ended */
function readAlong(pageAt: (read: number) => { ids: number[]; next: string | null }, most = 10_000) {
  let cursor: PageCursor | null = null;
  for (let read = 1; read <= most; read++) {
    const { ids, next } = pageAt(read);
    try {
      cursor = cursorAfter(cursor, ids, next);
    } catch (error) {
      return { read, end: error };
    }
    if (cursor === null) return { read, end: null };
  }
  return { read: most, end: 'goes on' };
}

describe('cursorAfter', () => {
  it('reads a long chain to its end', () => {
    expect(readAlong((read) => ({ ids: idsOf(read), next: read < 5_000 ? `c${read}` : null }))).toEqual({
      read: 5_000,
      end: null,
    });
  });

  it('accepts empty pages', () => {
    expect(readAlong((read) => ({ ids: [], next: read < 50 ? `c${read}` : null }))).toEqual({
      read: 50,
      end: null,
    });
  });

  it('requests a retry when the next page is the current one', () => {
    const cursor = cursorAfter(null, [1, 2], 'a');
    expect(() => cursorAfter(cursor, [3, 4], 'a')).toThrow(ShopifyUnavailable);
  });

  // Cursors that differ each time, as a shop may sign them.
  it.each([
    [1, 0],
    [2, 0],
    [3, 0],
    [3, 7],
    [4, 100],
    [17, 3],
    [100, 0],
    [333, 50],
  ])('detects a loop of %d pages after %d others within three rounds', (length, before) => {
    const pageAt = (read: number) => (read <= before ? read : before + 1 + ((read - before - 1) % length));
    const { read, end } = readAlong((n) => ({ ids: idsOf(pageAt(n)), next: `c${n}` }));
    expect(end).toBeInstanceOf(CursorLost);
    expect(read).toBeLessThanOrEqual(3 * Math.max(length, before) + 1);
    if (length <= 2) expect(read).toBe(before + length + 1);
  });

  it('detects a loop of empty pages', () => {
    const { end } = readAlong((n) => ({ ids: [], next: `c${n % 5}` }));
    expect(end).toBeInstanceOf(CursorLost);
  });

  it('detects a repeated page that is the last one', () => {
    const cursor = cursorAfter(cursorAfter(null, [1, 2], 'a'), [3, 4], 'b');
    expect(() => cursorAfter(cursor, [3, 4], null)).toThrow(CursorLost);
  });

  it('stores no customer’s number, and continues from a cursor of an earlier build', () => {
    const cursor = cursorAfter(null, [1234567, 7654321], 'a');
    expect(JSON.stringify(cursor)).not.toMatch(/1234567|7654321/);
    const old = { at: 'a', lasts: [1234567] } as unknown as PageCursor;
    const next = cursorAfter(cursorAfter(old, [2345678], 'b'), [3456789], 'c');
    expect(JSON.stringify(next)).not.toMatch(/1234567/);
  });
});
