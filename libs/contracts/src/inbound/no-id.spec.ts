import { isPlaceholderId } from './no-id.ts';

it.each([
  '-1',
  '1.5',
  '7100123.0',
  '+7',
  '1e3',
  'undefined',
  'NULL',
  'None',
  'NaN',
  '[object Object]',
  'false',
])('recognizes that %j is no id', (text) => expect(isPlaceholderId(text)).toBe(true));

it.each(['', '7', '0007', 'crm-1.5', '1.2.3', 'null-7', 'gid://shopify/Customer/7', '9'.repeat(30)])(
  'accepts %j as an id',
  (text) => expect(isPlaceholderId(text)).toBe(false),
);
