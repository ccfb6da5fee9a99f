import { nextPageInfo } from './link-header.ts';

const link = (rel: string, info: string) =>
  `<https://x.myshopify.com/admin/api/2026-10/customers.json?limit=250&page_info=${info}>; rel="${rel}"`;

describe('nextPageInfo', () => {
  it.each([
    [link('next', 'abc'), 'abc'],
    [`${link('previous', 'abc')}, ${link('next', 'def')}`, 'def'],
    [`${link('next', 'def')}, ${link('previous', 'abc')}`, 'def'],
    [link('next', 'a%2Bb%3D'), 'a+b='],
    [link('previous', 'abc'), null],
    ['<https://x.myshopify.com/customers.json?limit=250>; rel="next"', null],
    ['', null],
    [null, null],
  ])('reads from %p: %p', (header, next) => {
    expect(nextPageInfo(header)).toBe(next);
  });
});
