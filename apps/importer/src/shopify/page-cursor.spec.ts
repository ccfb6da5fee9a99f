import { CursorLost, ShopifyUnavailable } from './errors.ts';
import { placeAfter } from './page-cursor.ts';

describe('placeAfter', () => {
  it('goes on, and remembers the last customers of two pages', () => {
    const one = placeAfter(null, [1, 2], 'a');
    const two = placeAfter(one, [3, 4], 'b');
    const three = placeAfter(two, [5, 6], 'c');
    expect([one, two, three]).toEqual([
      { at: 'a', lasts: [2] },
      { at: 'b', lasts: [2, 4] },
      { at: 'c', lasts: [4, 6] },
    ]);
    expect(placeAfter(three, [7], null)).toBeNull();
  });

  it('takes a page of nobody', () => {
    expect(placeAfter({ at: 'a', lasts: [2] }, [], 'b')).toEqual({ at: 'b', lasts: [2] });
  });

  it('asks again when the next page is this one', () => {
    expect(() => placeAfter({ at: 'a', lasts: [2] }, [3, 4], 'a')).toThrow(ShopifyUnavailable);
  });

  it.each([
    ['this page once more', [3, 4]],
    ['the page before', [1, 2]],
    ['a part of it', [2, 3]],
  ])('knows a circle by %s', (_case, ids) => {
    expect(() => placeAfter({ at: 'c', lasts: [2, 4] }, ids, 'd')).toThrow(CursorLost);
    expect(() => placeAfter({ at: 'c', lasts: [2, 4] }, ids, null)).toThrow(CursorLost);
  });
});
