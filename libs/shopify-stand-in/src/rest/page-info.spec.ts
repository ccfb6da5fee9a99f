import { issuePageInfo, readPageInfo } from './page-info.ts';
import type { PageInfo } from './page-info.ts';

const given: PageInfo = { direction: 'next', lastId: 42, filters: { createdMin: 1, createdMax: 2 } };

describe('page_info', () => {
  it('is read back as the page it was issued for', () => {
    expect(readPageInfo('s', 'a', issuePageInfo('s', 'a', given))).toEqual(given);
  });

  it.each([
    ['of another shop', 's', 'b', issuePageInfo('s', 'a', given)],
    ['of another secret', 't', 'a', issuePageInfo('s', 'a', given)],
    ['padded', 's', 'a', `${issuePageInfo('s', 'a', given)}=`],
    ['invented', 's', 'a', 'eyJkaXJlY3Rpb24iOiJuZXh0IiwibGFzdF9pZCI6MX0'],
    ['not a cursor', 's', 'a', 'x'],
    ['empty', 's', 'a', ''],
  ])('is refused when it is %s', (_, secret, shop, pageInfo) => {
    expect(readPageInfo(secret, shop, pageInfo)).toBeUndefined();
  });
});
