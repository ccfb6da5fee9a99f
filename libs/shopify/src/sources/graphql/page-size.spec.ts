import { QueryTooExpensive, ShopifyTimeout, ShopifyUnavailable, Throttled } from '../../answers/errors.ts';
import { createPageSizes } from './page-size.ts';

const SHOP = 'a.myshopify.com';
const cost = (requested: number, maximum = 2_000) => ({ requested, available: 0, maximum, restoreRate: 100 });

describe('createPageSizes', () => {
  it('starts with the maximum', () => {
    const sizes = createPageSizes();
    sizes.passed(SHOP, cost(36));
    expect(sizes.of(SHOP)).toBe(250);
  });

  it('halves a size that is too expensive, for this shop only and down to the minimum', () => {
    const sizes = createPageSizes();
    sizes.failed(SHOP, new QueryTooExpensive('MAX_COST_EXCEEDED'));
    expect([sizes.of(SHOP), sizes.of('b.myshopify.com')]).toEqual([125, 250]);
    for (let i = 0; i < 20; i++) sizes.failed(SHOP, new QueryTooExpensive('MAX_COST_EXCEEDED'));
    expect(sizes.of(SHOP)).toBe(10);
  });

  it('halves after two timeouts in a row', () => {
    const sizes = createPageSizes();
    sizes.failed(SHOP, new ShopifyTimeout(''));
    sizes.passed(SHOP, null);
    sizes.failed(SHOP, new ShopifyTimeout(''));
    expect(sizes.of(SHOP)).toBe(250);
    sizes.failed(SHOP, new ShopifyTimeout(''));
    expect(sizes.of(SHOP)).toBe(125);
  });

  it('halves a size whose cost exceeds the bucket or half of it', () => {
    const sizes = createPageSizes();
    sizes.failed(SHOP, new Throttled(cost(36, 30)));
    expect(sizes.of(SHOP)).toBe(125);
    sizes.passed(SHOP, cost(30, 50));
    expect(sizes.of(SHOP)).toBe(62);
  });

  it('keeps the size when the shop is throttled or unavailable', () => {
    const sizes = createPageSizes();
    sizes.failed(SHOP, new Throttled(cost(36)));
    sizes.failed(SHOP, new ShopifyUnavailable(''));
    sizes.failed(SHOP, new ShopifyUnavailable(''));
    expect(sizes.of(SHOP)).toBe(250);
  });

  it('grows again after successful pages if the bucket is large enough', () => {
    const sizes = createPageSizes();
    sizes.failed(SHOP, new QueryTooExpensive(''));
    for (let i = 0; i < 100; i++) sizes.passed(SHOP, cost(30, 60));
    expect(sizes.of(SHOP)).toBe(125);
    for (let i = 0; i < 20; i++) sizes.passed(SHOP, cost(30, 2_000));
    expect(sizes.of(SHOP)).toBe(250);
  });
});
