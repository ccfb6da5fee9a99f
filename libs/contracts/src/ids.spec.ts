import { readCustomerId, readImportId, readMerchantId, readUuid } from './ids.ts';

const READERS = [readUuid, readMerchantId, readCustomerId, readImportId];

const CANONICAL = '018f4e1c-0000-7000-8000-00000000abcd';

it.each([
  ['itself', CANONICAL],
  ['capital letters', CANONICAL.toUpperCase()],
  ['letters of either case', '018F4e1c-0000-7000-8000-00000000AbCd'],
])('reads one given as %s in its canonical form', (_, given) => {
  for (const read of READERS) expect(read(given)).toBe(CANONICAL);
});

it.each([
  ['nothing', ''],
  ['undefined', undefined],
  ['a number', 1],
  ['braces around it', `{${CANONICAL}}`],
  ['a urn', `urn:uuid:${CANONICAL}`],
  ['no hyphens', CANONICAL.replaceAll('-', '')],
  ['a hyphen in another place', '018f4e1c0-000-7000-8000-00000000abcd'],
  ['a space around it', ` ${CANONICAL}`],
  ['a line break behind it', `${CANONICAL}\n`],
  ['a letter that is no digit', CANONICAL.replace('a', 'g')],
  ['a digit of another script', CANONICAL.replace('0', '٠')],
  ['a text of a megabyte', CANONICAL.repeat(30_000)],
])('takes %s for none', (_, given) => {
  for (const read of READERS) expect(read(given)).toBeNull();
});
