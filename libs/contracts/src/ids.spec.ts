import { readCustomerId, readImportId, readMerchantId, readUuid } from './ids.ts';

const READERS = [readUuid, readMerchantId, readCustomerId, readImportId];

const CANONICAL = '018f4e1c-0000-7000-8000-00000000abcd';

it.each([
  ['canonical form', CANONICAL],
  ['capital letters', CANONICAL.toUpperCase()],
  ['mixed case', '018F4e1c-0000-7000-8000-00000000AbCd'],
])('canonicalizes an id in %s', (_, given) => {
  for (const read of READERS) expect(read(given)).toBe(CANONICAL);
});

it.each([
  ['an empty string', ''],
  ['undefined', undefined],
  ['a number', 1],
  ['braces around it', `{${CANONICAL}}`],
  ['a urn', `urn:uuid:${CANONICAL}`],
  ['no hyphens', CANONICAL.replaceAll('-', '')],
  ['a hyphen in another place', '018f4e1c0-000-7000-8000-00000000abcd'],
  ['a leading space', ` ${CANONICAL}`],
  ['a trailing line break', `${CANONICAL}\n`],
  ['a letter that is not a hex digit', CANONICAL.replace('a', 'g')],
  ['a digit of another script', CANONICAL.replace('0', '٠')],
  ['a string of a megabyte', CANONICAL.repeat(30_000)],
])('refuses %s', (_, given) => {
  for (const read of READERS) expect(read(given)).toBeNull();
});
