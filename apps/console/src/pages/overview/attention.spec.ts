import { create } from '@bufbuild/protobuf';
import {
  CustomerImportSchema,
  ImportErrorEffect,
  ImportStatus,
  ShopSchema,
  ShopStatus,
} from '@core/contracts/web';
import { leftOut, listAttention } from './attention.ts';

const shop = (name: string, status: ShopStatus, notes: string[] = []) =>
  create(ShopSchema, { shop: name, status, notes });
const run = (of: string, status: ImportStatus, error = '') =>
  create(CustomerImportSchema, { importId: `i-${of}`, shop: of, status, error });
const { CONNECTED, UNINSTALLED, DISCONNECTED, UNPROVEN } = ShopStatus;
const short = (shops: Parameters<typeof listAttention>[0], imports: Parameters<typeof listAttention>[1]) =>
  listAttention(shops, imports).map(({ tone, what, shop: name }) => `${tone} ${what} ${name}`);

it.each([
  ['a connected shop with a completed import', CONNECTED, ImportStatus.COMPLETED, []],
  ['a running import', CONNECTED, ImportStatus.RUNNING, []],
  ['a cancelled import', CONNECTED, ImportStatus.CANCELLED, []],
  ['a failed import', CONNECTED, ImportStatus.FAILED, ['bad failed a']],
  ['an incomplete import', CONNECTED, ImportStatus.INCOMPLETE, ['bad incomplete a']],
  ['errors', CONNECTED, ImportStatus.COMPLETED_WITH_ERRORS, ['warn withErrors a']],
  ['a paused import', CONNECTED, ImportStatus.PAUSED, ['info paused a']],
  [
    'an uninstalled app, whose import is no matter',
    UNINSTALLED,
    ImportStatus.CANCELLED,
    ['bad uninstalled a'],
  ],
  ['a disconnected shop', DISCONNECTED, ImportStatus.COMPLETED, ['warn disconnected a']],
  ['an unproven connection', UNPROVEN, ImportStatus.COMPLETED, ['info unproven a']],
])('lists %s', (_, status, imported, expected) =>
  expect(short([shop('a', status)], [run('a', imported)])).toEqual(expected),
);

it('lists a shop without an import, and one note for each missing scope', () => {
  expect(short([shop('a', CONNECTED, ['No merges.', 'No customers.'])], [])).toEqual([
    'warn note a',
    'warn note a',
    'info neverImported a',
  ]);
});

it('lists the notes of a shop whose access Shopify refuses first', () => {
  const refused = create(ShopSchema, {
    shop: 'b',
    status: CONNECTED,
    notes: ['Connect it again.'],
    accessRefusedAt: { seconds: 1n },
  });
  expect(short([shop('a', CONNECTED, ['No merges.']), refused], [])).toEqual([
    'bad note b',
    'warn note a',
    'info neverImported a',
    'info neverImported b',
  ]);
});

it('lists the worst first, and judges each shop by its newest import', () => {
  const shops = [shop('a', UNPROVEN), shop('b', DISCONNECTED), shop('c', CONNECTED)];
  const imports = [
    run('c', ImportStatus.FAILED, 'The shop is frozen.'),
    run('a', ImportStatus.COMPLETED),
    run('c', ImportStatus.COMPLETED),
  ];
  expect(short(shops, imports)).toEqual(['bad failed c', 'warn disconnected b', 'info unproven a']);
  expect(listAttention(shops, imports)[0]).toMatchObject({ importId: 'i-c', detail: 'The shop is frozen.' });
});

it('counts customers that were left out, and no notes', () => {
  const errorsByReason = [
    { reason: 'invalid_email', count: 3n, effect: ImportErrorEffect.NOT_STORED },
    { reason: 'tags', count: 2n, effect: ImportErrorEffect.FIELD_LEFT_OUT },
    { reason: 'email_shared', count: 9n, effect: ImportErrorEffect.NOTE },
  ];
  expect(leftOut(create(CustomerImportSchema, { errorsByReason }))).toBe(5n);
});
