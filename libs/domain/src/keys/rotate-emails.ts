import { decryptEmailSql, passphrase, sealEmailSql, type MerchantKeys, type Tx } from '@core/db';

/** The keys of a rotation: from which to which. */
export interface RotationKeys {
  older: readonly MerchantKeys[];
  newest: MerchantKeys;
}

export interface EmailPage {
  merchantId: string;
  keys: RotationKeys;
  /** Customers behind this id. */
  after: string;
  limit: number;
}

export interface RotatedPage {
  /** Rows of an older generation that were found, also those that somebody else had locked. */
  older: number;
  rotated: number;
  /** Customers whose value was another row's; it stays so, and reading it is refused as before. */
  misplaced: string[];
  /** The last customer of the page; null when it was the last page. */
  next: string | null;
}

/**
 * Re-encrypts the emails of one page of a merchant's customers, in one statement: no email leaves PostgreSQL. Rows
 * that others hold are passed over, so that nobody waits for anybody: the next round finds them. The text is taken
 * over with the ids in it, so that a value copied from another row is as wrong afterwards as before. Neither version
 * nor updated_at moves, and there is no event: nothing that a reader sees has changed.
 * @throws PostgreSQL's error when a value does not open, see isUnreadable of @core/db
 */
export async function rotateEmails(tx: Tx, page: EmailPage): Promise<RotatedPage> {
  const { merchantId, keys, after, limit } = page;
  const [row] = await tx.query<{
    page: number;
    older: number;
    rotated: number;
    misplaced: string[];
    last: string | null;
  }>(
    ROTATE_SQL,
    [
      merchantId,
      after,
      limit,
      keys.older.map(({ generation }) => String(generation)),
      keys.older.map(passphrase),
      keys.newest.generation,
      passphrase(keys.newest),
    ],
    // Planning it costs PostgreSQL as much as a dozen rows.
    'rotate_emails',
  );
  if (!row) throw new Error('an aggregate gave no row');
  const { older, rotated, misplaced } = row;
  await tx.query(
    `update key_rotations set cursor = $3, rows = rows + $4 where merchant_id = $1 and generation = $2`,
    [merchantId, keys.newest.generation, row.last, rotated],
  );
  return { older, rotated, misplaced, next: row.page === limit ? row.last : null };
}

// The ids first and apart: a page is as short however few of its rows are of an older generation.
const ROTATE_SQL = `
  with page as materialized (
    select id, email from customers where merchant_id = $1 and id > $2 order by id limit $3),
  key as (
    select * from unnest($4::text[], $5::text[]) as key (generation, passphrase)),
  older as materialized (
    select page.id from page join key on key.generation = split_part(page.email, '.', 1)),
  locked as materialized (
    select c.id, c.email from customers c
     where c.merchant_id = $1 and c.id = any (array(select id from older))
       for no key update skip locked),
  opened as materialized (
    select locked.id, ${decryptEmailSql({ email: 'locked.email', passphrase: 'key.passphrase' })} as plain
      from locked join key on key.generation = split_part(locked.email, '.', 1)),
  rotated as (
    update customers c
       set email = ${sealEmailSql({ plain: 'opened.plain', generation: '$6', passphrase: '$7' })}
      from opened
     where c.merchant_id = $1 and c.id = opened.id
    returning c.id, starts_with(opened.plain, c.merchant_id || '|' || c.id || '|') as in_place)
  select (select count(*)::int from page) as page,
         (select count(*)::int from older) as older,
         (select count(*)::int from rotated) as rotated,
         array(select id from rotated where not in_place order by id) as misplaced,
         (select id from page order by id desc limit 1) as last`;
