import { externalIdOf as gid, type CustomerId } from '@core/contracts';
import type { MerchantKeys } from '@core/crypto';
import { preparePage, type ImportedCustomer } from './page.ts';
import { resolvePage, type StoredCustomer } from './resolve.ts';

const keys: MerchantKeys = { generation: 1, dataKey: Buffer.alloc(32, 1), indexKey: Buffer.alloc(32, 2) };
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
const WITHIN = { from: at(10), before: at(20) };
const METADATA = { created_at: '2026-01-01T00:00:00Z', state: 'ENABLED', tags: ['a'], number_of_orders: 1 };

const row = (change: Partial<ImportedCustomer> = {}) =>
  preparePage(keys, [
    { externalId: gid('7'), email: null, metadata: METADATA, sourceUpdatedAt: at(15), ...change },
  ]).rows;
const stored = (change: Partial<StoredCustomer> = {}): StoredCustomer => ({
  id: '7' as CustomerId,
  externalId: gid('7'),
  emailHash: null,
  hasEmail: false,
  contentHash: null,
  metadata: METADATA,
  sourceUpdatedAt: at(12),
  deletedAt: null,
  erasedAt: null,
  version: 1,
  ...change,
});
const missed = (rows: ReturnType<typeof row>, known: StoredCustomer[], within?: typeof WITHIN) =>
  resolvePage(rows, known, { externalIds: new Set(), emailHashes: new Set() }, null, within).missed;
const metadata = (change: object) => stored({ metadata: { ...METADATA, ...change } });

it.each<[string, number, ReturnType<typeof row>, StoredCustomer[]]>([
  ['a customer that is not stored', 1, row(), []],
  ['an email', 1, row({ email: 'ada@example.com' }), [stored()]],
  ['a state', 1, row(), [metadata({ state: 'INVITED' })]],
  ['tags, which webhooks lack', 0, row(), [metadata({ tags: [] })]],
  ['orders, which webhooks lack', 0, row(), [metadata({ number_of_orders: 0 })]],
  ['tags and a state', 1, row(), [metadata({ tags: [], state: null })]],
  ['nothing', 0, row(), [stored()]],
  // A webhook of this time was applied, such as one without the email.
  ['what a webhook has brought', 0, row({ email: 'ada@example.com' }), [stored({ sourceUpdatedAt: at(15) })]],
  ['the earliest change', 1, row({ sourceUpdatedAt: at(10) }), []],
  ['a change before the connection', 0, row({ sourceUpdatedAt: at(9) }), []],
  ['a change whose webhook may still come', 0, row({ sourceUpdatedAt: at(20) }), []],
])('of %s it counts %d as missed', (_, count, rows, known) =>
  expect(missed(rows, known, WITHIN)).toBe(count),
);

it('counts nothing outside of a delta run', () => expect(missed(row(), [])).toBe(0));
