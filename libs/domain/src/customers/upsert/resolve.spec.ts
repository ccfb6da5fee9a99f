import { createHash } from 'node:crypto';
import { externalIdOf as gid, type CustomerId } from '@core/contracts';
import { emailHash, type MerchantKeys } from '@core/crypto';
import type { RowReason } from './row-reasons.ts';
import { preparePage, type ImportedCustomer } from './page.ts';
import { resolvePage, type StoredCustomer, type Tombstones } from './resolve.ts';

const keys: MerchantKeys = { generation: 1, dataKey: Buffer.alloc(32, 1), indexKey: Buffer.alloc(32, 2) };
const none: Tombstones = { externalIds: new Set(), emailHashes: new Set() };
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));

const from = (
  externalId: string,
  email: string | null | undefined,
  extra: Partial<ImportedCustomer> = {},
): ImportedCustomer => ({
  externalId: gid(externalId),
  email,
  metadata: { tags: [] },
  sourceUpdatedAt: at(1),
  ...extra,
});
const rows = (...customers: ImportedCustomer[]) => preparePage(keys, customers).rows;
const held = (id: string, externalId: string | null, email: string | null, extra = {}): StoredCustomer => ({
  id: id as CustomerId,
  externalId: externalId === null ? null : gid(externalId),
  hasEmail: email !== null,
  emailHash: email === null ? null : emailHash(keys, email),
  contentHash: null,
  metadata: { tags: [] },
  sourceUpdatedAt: null,
  deletedAt: null,
  erasedAt: null,
  version: 1,
  ...extra,
});
const hash = (email: string) => emailHash(keys, email);

describe('resolvePage', () => {
  it('inserts an unknown customer', () => {
    const { inserts, updates } = resolvePage(rows(from('1', 'a@example.com')), [], none);
    expect(inserts.map((i) => i.emailHash)).toEqual([hash('a@example.com')]);
    expect(updates).toEqual([]);
  });

  it('matches by external id first, even when another customer of the page holds the email', () => {
    const result = resolvePage(
      rows(from('1', 'b@example.com'), from('2', 'a@example.com')),
      [held('A', '1', 'a@example.com'), held('B', '2', 'b@example.com')],
      none,
    );
    expect(result.updates.map((u) => [u.id, u.emailHash])).toEqual([
      ['A', hash('b@example.com')],
      ['B', hash('a@example.com')],
    ]);
    expect(result.releases.sort()).toEqual(['A', 'B']);
    expect(result.warnings).toEqual([]);
  });

  it('claims a customer with that email and no external id', () => {
    const [update] = resolvePage(
      rows(from('1', 'A@Example.com ')),
      [held('A', null, 'a@example.com')],
      none,
    ).updates;
    expect(update).toMatchObject({ id: 'A', changedFields: ['external_id'], setEmail: false });
  });

  it('takes another RFM group of Shopify with an equal time of the last change, and not with an earlier one', () => {
    const grouped = (rfm_group: string, minute: number) =>
      rows(from('1', 'a@example.com', { metadata: { tags: [], rfm_group }, sourceUpdatedAt: at(minute) }));
    const stored = held('A', '1', 'a@example.com', {
      metadata: { tags: [], rfm_group: 'NEW' },
      contentHash: grouped('NEW', 1)[0]!.contentHash,
      sourceUpdatedAt: at(1),
    });
    const resolve = (minute: number) => resolvePage(grouped('LOYAL', minute), [stored], none);
    expect(resolve(1).updates).toMatchObject([{ id: 'A', changedFields: ['metadata'] }]);
    expect(resolve(0)).toMatchObject({ updates: [], unchanged: 1 });
  });

  it('stores an email that another external id holds as shared', () => {
    const result = resolvePage(rows(from('2', 'a@example.com')), [held('A', '1', 'a@example.com')], none);
    expect(result.inserts.map((i) => i.emailHash)).toEqual([null]);
    expect(result.warnings).toEqual([{ externalId: gid('2'), reason: 'email_shared' }]);
  });

  it('assigns an email that two rows of a page have to its holder, else to the first row', () => {
    const page = rows(from('1', 'a@example.com'), from('2', 'a@example.com'));
    expect(resolvePage(page, [], none).inserts.map((i) => i.emailHash)).toEqual([
      hash('a@example.com'),
      null,
    ]);
    const heldByTwo = resolvePage(page, [held('B', '2', 'a@example.com')], none);
    expect(heldByTwo.inserts.map((i) => i.emailHash)).toEqual([null]);
    expect(heldByTwo.warnings).toEqual([{ externalId: gid('1'), reason: 'email_shared' }]);
  });

  describe('an email that another customer held', () => {
    const [row] = rows(from('2', 'a@example.com'));
    // As loaded: metadata is not read when the content hash is equal.
    const waiting = (extra = {}) =>
      held('B', '2', null, { hasEmail: true, contentHash: row?.contentHash, metadata: null, ...extra });

    it('is indexed once it is free, and nothing else of the customer is written', () => {
      const { updates, warnings } = resolvePage(rows(from('2', 'a@example.com')), [waiting()], none);
      expect(updates).toMatchObject([
        { id: 'B', setEmail: true, emailHash: hash('a@example.com'), changedFields: ['email'] },
      ]);
      expect(updates[0]?.row.json).toBe('{}');
      expect(warnings).toEqual([]);
    });

    it('is reported again and not written while it is not free', () => {
      const page = rows(from('2', 'a@example.com'));
      const result = resolvePage(page, [waiting(), held('A', '1', 'a@example.com')], none);
      expect(result).toMatchObject({ updates: [], inserts: [], unchanged: 1 });
      expect(result.warnings).toEqual([{ externalId: gid('2'), reason: 'email_shared' }]);
    });

    it('moves to the waiting customer within a page', () => {
      const page = rows(from('1', 'new@example.com'), from('2', 'a@example.com'));
      const result = resolvePage(page, [waiting(), held('A', '1', 'a@example.com')], none);
      expect(result.updates.map(({ id, emailHash }) => [id, emailHash])).toEqual([
        ['A', hash('new@example.com')],
        ['B', hash('a@example.com')],
      ]);
      expect(result.releases).toEqual(['A']);
    });

    it('is stored when it replaces no email, or another shared one', () => {
      const others = [held('A', '1', 'a@example.com')];
      for (const before of [null, 'x@example.com']) {
        const [was] = rows(from('2', before));
        const hasEmail = before !== null;
        const target = held('B', '2', null, { hasEmail, contentHash: was?.contentHash });
        const { updates } = resolvePage(rows(from('2', 'a@example.com')), [target, ...others], none);
        expect(updates).toMatchObject([
          { id: 'B', setEmail: true, emailHash: null, changedFields: ['email'] },
        ]);
      }
    });

    it('is not written because of other changes', () => {
      const page = rows(from('2', 'a@example.com', { metadata: { tags: ['new'] } }));
      const target = waiting({ metadata: { tags: [] } });
      const { updates } = resolvePage(page, [target, held('A', '1', 'a@example.com')], none);
      expect(updates).toMatchObject([{ id: 'B', setEmail: false, changedFields: ['metadata'] }]);
    });
  });

  it('moves an email to a new customer within a page', () => {
    const result = resolvePage(
      rows(from('1', 'new@example.com'), from('9', 'a@example.com')),
      [held('A', '1', 'a@example.com')],
      none,
    );
    expect(result.releases).toEqual(['A']);
    expect(result.inserts.map((i) => i.emailHash)).toEqual([hash('a@example.com')]);
  });

  it('keeps a local edit until the source changes, and assigns its email to no other row', () => {
    const [row] = rows(from('1', 'a@example.com'));
    const edited = held('A', '1', 'edited@example.com', { contentHash: row?.contentHash });
    const result = resolvePage(
      rows(from('1', 'a@example.com'), from('2', 'edited@example.com')),
      [edited],
      none,
    );
    expect(result.unchanged).toBe(1);
    expect(result.releases).toEqual([]);
    expect(result.inserts.map((i) => i.emailHash)).toEqual([null]);
  });

  it('ignores a row that is older than the stored customer', () => {
    const newer = held('A', '1', 'a@example.com', { sourceUpdatedAt: at(5) });
    expect(resolvePage(rows(from('1', 'x@example.com')), [newer], none)).toMatchObject({
      unchanged: 1,
      updates: [],
    });
  });

  it('never replaces a known email with an absent one', () => {
    const result = resolvePage(rows(from('1', undefined)), [held('A', '1', 'a@example.com')], none);
    expect(result).toMatchObject({ unchanged: 1, updates: [] });
  });

  describe('an email that the source has emptied', () => {
    const emptied = [{ id: 'A', setEmail: true, emailHash: null, changedFields: ['email'] }];

    it.each([
      ['null', null],
      ['a text that is not an email', 'none'],
      ['space', ' '],
    ])('is removed with its index: %s', (_, email) => {
      const result = resolvePage(rows(from('1', email)), [held('A', '1', 'a@example.com')], none);
      expect(result.updates).toMatchObject(emptied);
      expect(result.updates[0]?.row.email).toBeNull();
    });

    it('is removed also when another customer held it and it has no index', () => {
      const target = held('A', '1', null, { hasEmail: true });
      expect(resolvePage(rows(from('1', null)), [target], none).updates).toMatchObject(emptied);
    });

    it('moves within a page, whichever row comes first', () => {
      const page = [from('1', null), from('2', 'a@example.com')];
      for (const order of [page, [...page].reverse()]) {
        const result = resolvePage(rows(...order), [held('A', '1', 'a@example.com')], none);
        expect(result.updates).toMatchObject(emptied);
        expect(result.inserts.map(({ emailHash }) => emailHash)).toEqual([hash('a@example.com')]);
        expect(result).toMatchObject({ releases: ['A'], warnings: [] });
      }
    });

    it('stays when it was set here since, until the source reports something new', () => {
      const [row] = rows(from('1', null));
      const edited = held('A', '1', 'edited@example.com', { contentHash: row?.contentHash });
      expect(resolvePage(rows(from('1', null)), [edited], none)).toMatchObject({ unchanged: 1, updates: [] });
      const news = rows(from('1', null, { metadata: { tags: ['new'] } }));
      expect(resolvePage(news, [edited], none).updates).toMatchObject([
        { setEmail: true, emailHash: null, changedFields: ['email', 'metadata'] },
      ]);
    });

    it('is removed where an earlier build stored the content hash and kept the email', () => {
      const [row] = rows(from('1', null));
      const earlier = createHash('sha256')
        .update(row?.json ?? '')
        .digest();
      const left = held('A', '1', 'a@example.com', { contentHash: earlier });
      expect(resolvePage(rows(from('1', null)), [left], none).updates).toMatchObject(emptied);
    });

    it('stays when the row is older than the stored customer', () => {
      const newer = held('A', '1', 'a@example.com', { sourceUpdatedAt: at(5) });
      const page = rows(from('1', null), from('2', 'a@example.com'));
      const result = resolvePage(page, [newer], none);
      expect(result).toMatchObject({ updates: [], releases: [], unchanged: 1 });
      expect(result.inserts.map(({ emailHash }) => emailHash)).toEqual([null]);
    });
  });

  it('stores the content hash when the source reports the stored content, so that it is compared once', () => {
    const [row] = rows(from('1', null));
    const { touches } = resolvePage(rows(from('1', null)), [held('A', '1', null)], none);
    expect(touches).toMatchObject([{ id: 'A', contentHash: row?.contentHash }]);
    const known = held('A', '1', null, { contentHash: row?.contentHash, sourceUpdatedAt: at(1) });
    expect(resolvePage(rows(from('1', null)), [known], none).touches).toEqual([]);
  });

  it('restores a deleted customer when the source had it after the deletion, by its own time or the run’s', () => {
    const deleted = held('A', '1', null, { deletedAt: at(5), sourceUpdatedAt: at(1) });
    const justThen = rows(from('1', null, { sourceUpdatedAt: new Date(at(5).getTime() + 4_000) }));
    // Within the difference of clocks.
    expect(resolvePage(justThen, [deleted], none)).toMatchObject({ skipped: 1, updates: [] });
    const [late, newer] = [rows(from('1', null)), rows(from('1', null, { sourceUpdatedAt: at(6) }))];
    expect(resolvePage(late, [deleted], none)).toMatchObject({ skipped: 1, updates: [] });
    expect(resolvePage(late, [deleted], none, at(4))).toMatchObject({ skipped: 1, updates: [] });
    const returned = [{ id: 'A', changedFields: ['external_id', 'metadata'] }];
    expect(resolvePage(newer, [deleted], none)).toMatchObject({ skipped: 0, updates: returned });
    expect(resolvePage(late, [deleted], none, at(6))).toMatchObject({ skipped: 0, updates: returned });
  });

  it('stores the time of a newer report without news', () => {
    const known = held('A', '1', 'a@example.com', { sourceUpdatedAt: at(1) });
    const page = rows(from('1', 'a@example.com', { sourceUpdatedAt: at(3) }));
    expect(resolvePage(page, [known], none)).toMatchObject({
      unchanged: 1,
      touches: [{ id: 'A', sourceUpdatedAt: at(3), contentHash: page[0]?.contentHash }],
    });
  });

  it('skips erased people, by external id and by email, unless they signed up again', () => {
    const erased: Tombstones = {
      externalIds: new Set([gid('1')]),
      emailHashes: new Set([hash('gone@example.com').toString('hex')]),
    };
    const page = rows(from('1', null), from('2', 'gone@example.com'));
    expect(resolvePage(page, [], erased)).toMatchObject({ skipped: 2, inserts: [] });
    const back = resolvePage(page, [held('N', null, 'gone@example.com')], erased);
    expect(back).toMatchObject({ skipped: 1 });
    expect(back.updates.map((u) => u.id)).toEqual(['N']);
  });

  it.each([
    ['external id', held('A', '1', null, { erasedAt: at(0) })],
    ['email', held('A', null, 'a@example.com', { erasedAt: at(0) })],
  ])(
    'skips a row that leads to an erased customer by its %s, and claims no other customer with it',
    (_name, erased) => {
      const result = resolvePage(
        rows(from('1', 'a@example.com', { sourceUpdatedAt: at(9) })),
        [erased],
        none,
        at(9),
      );
      expect(result).toMatchObject({ inserts: [], updates: [], touches: [], releases: [], skipped: 1 });
    },
  );
});

describe('preparePage', () => {
  it('keeps the latest row of a customer and separates unstorable rows', () => {
    const page = preparePage(keys, [
      from('1', 'old@example.com'),
      from('1', 'new@example.com', { sourceUpdatedAt: at(2) }),
      from('2', 'no email', {}),
      from('3', null, { metadata: { note: '\u0000' } }),
    ]);
    expect(page.rows.map((row) => [row.externalId, row.email])).toEqual([
      [gid('1'), 'new@example.com'],
      [gid('2'), null],
    ]);
    expect(page.warnings).toEqual([{ externalId: gid('2'), reason: 'invalid_email' }]);
    expect(page.failed).toEqual([{ externalId: gid('3'), reason: 'invalid_metadata' }]);
  });

  it.each<[RowReason, Partial<ImportedCustomer>]>([
    ['invalid_metadata', { metadata: { tags: ['half an emoji \ud83d'] } }],
    ['invalid_metadata', { metadata: { 'x\0': 1 } }],
    ['invalid_metadata', { metadata: { n: Infinity } }],
    ['metadata_too_large', { metadata: { tags: Array.from({ length: 250 }, () => '\u00e4'.repeat(255)) } }],
    ['invalid_external_id', { externalId: gid('crm-\ud83d') }],
    ['invalid_external_id', { externalId: gid('crm-\n7') }],
    ['invalid_external_id', { externalId: gid('7'.repeat(256)) }],
    ['invalid_external_id', { externalId: gid(' ') }],
    ['invalid_updated_at', { sourceUpdatedAt: new Date(NaN) }],
    // PostgreSQL cannot store these times.
    ['invalid_updated_at', { sourceUpdatedAt: new Date('-010000-01-01T00:00:00Z') }],
    ['invalid_updated_at', { sourceUpdatedAt: new Date('+010000-01-01T00:00:00Z') }],
    ['invalid_updated_at', { sourceUpdatedAt: new Date('9999-12-31T00:00:00Z') }],
    ['invalid_updated_at', { sourceUpdatedAt: new Date(Date.now() + 86_500_000) }],
  ])('fails only the row with %s', (reason, breaks) => {
    const page = preparePage(keys, [from('1', null), from('2', null, breaks), from('3', null)]);
    expect(page.rows.map((row) => row.externalId)).toEqual([gid('1'), gid('3')]);
    expect(page.failed.map((each) => each.reason)).toEqual([reason]);
    for (const { externalId } of page.failed) expect(externalId.isWellFormed()).toBe(true);
  });

  it('stores text that looks like an escape', () => {
    const metadata = { '\\ud83d': ['\\u0000 \\\\ud83d \u{1f600}'] };
    const [row] = rows(from('1', null, { metadata }));
    expect(JSON.parse(row!.json)).toEqual(metadata);
  });

  it('treats every form of one external id as one customer', () => {
    const [row, ...more] = rows(
      from('7', 'old@example.com'),
      from(' gid://shopify/Customer/7?key=x', 'new@example.com', { sourceUpdatedAt: at(2) }),
    );
    expect(row).toMatchObject({ externalId: 'gid://shopify/Customer/7', email: 'new@example.com' });
    expect(more).toEqual([]);
  });

  it.each(['a\u200bda@example.com', 'ada@example.com\u0007', 'ada\uff20example.com', '\ud800@example.com'])(
    'stores no email that the api refuses: %j',
    (email) => {
      const { rows: kept, warnings } = preparePage(keys, [from('1', email)]);
      expect(kept).toMatchObject([{ email: null, emailHash: null }]);
      expect(warnings).toEqual([{ externalId: gid('1'), reason: 'invalid_email' }]);
    },
  );

  it('returns the same hash for the same content in any order of fields', () => {
    const [a] = rows(from('1', null, { metadata: { x: 1, y: { b: 2, a: [1] } } }));
    const [b] = rows(from('1', null, { metadata: { y: { a: [1], b: 2 }, x: 1 } }));
    expect(a?.contentHash).toEqual(b?.contentHash);
  });
});
