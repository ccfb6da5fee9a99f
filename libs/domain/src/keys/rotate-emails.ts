import { and, eq, sql } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { decryptEmail, encryptBoundEmail, passphrase, type MerchantKeys } from '@core/crypto';
import {
  assign,
  build,
  columns,
  customers,
  keyRotations,
  limit,
  many,
  merchantKeys,
  relation,
  returning,
  statement,
  text,
  unnest,
  type Tx,
} from '@core/db';

/** The older keys of a rotation and the newest ones. */
export interface RotationKeys {
  older: readonly MerchantKeys[];
  newest: MerchantKeys;
}

export interface EmailPage {
  merchantId: MerchantId;
  keys: RotationKeys;
  /** Customers after this id. */
  after: CustomerId;
  limit: number;
}

export interface RotatedPage {
  /** Rows of an older generation that were found, including those that another transaction had locked. */
  older: number;
  rotated: number;
  /** Customers whose value belongs to another row; it stays so, and reading it is still refused. */
  misplaced: CustomerId[];
  /** The last customer of the page; null when it was the last page. */
  next: CustomerId | null;
}

const ROTATE = statement({
  // Prepared, because planning the statement costs PostgreSQL as much as a dozen rows.
  name: 'rotate_emails',
  params: {
    merchantId: customers.merchantId,
    after: customers.id,
    most: limit,
    olderGenerations: many(text),
    olderPassphrases: many(text),
    generation: merchantKeys.generation,
    passphrase: text,
  },
  text(p) {
    const { merchantId, id, email } = customers;
    const page = relation('page', { id, email });
    const given = unnest('given', { generation: p.olderGenerations, passphrase: p.olderPassphrases });
    const key = relation('key', given);
    const older = relation('older', { id });
    const locked = relation('locked', { id, email });
    const decryptedRow = {
      id: locked.id,
      plain: decryptEmail({ email: locked.email, passphrase: key.passphrase }),
    };
    const decrypted = relation('decrypted', decryptedRow);
    const owner = sql`${merchantId} || '|' || ${id} || '|'`;
    const rotatedRow = { id, inPlace: sql<boolean>`starts_with(${decrypted.plain}, ${owner})` };
    const rotated = relation('rotated', rotatedRow);
    return returning(
      {
        page: sql<number>`(select count(*)::int from ${page})`,
        older: sql<number>`(select count(*)::int from ${older})`,
        rotated: sql<number>`(select count(*)::int from ${rotated})`,
        misplaced: sql<CustomerId[]>`
          array(select ${rotated.id} from ${rotated} where not ${rotated.inPlace} order by ${rotated.id})`,
        last: sql<CustomerId | null>`(select ${page.id} from ${page} order by ${page.id} desc limit 1)`,
      },
      // The ids come first and separately: a page is as short however few of its rows are of an older
      // generation.
      (row) => sql`
      with ${page} as materialized (
        select ${columns({ id, email })} from ${customers}
         where ${merchantId} = ${p.merchantId} and ${id} > ${p.after} order by ${id} limit ${p.most}),
      ${key} as (
        select ${columns(given)} from ${given}),
      ${older} as materialized (
        select ${columns({ id: page.id })}
          from ${page} join ${key} on ${key.generation} = split_part(${page.email}, '.', 1)),
      ${locked} as materialized (
        select ${columns({ id, email })} from ${customers}
         where ${merchantId} = ${p.merchantId} and ${id} = any (array(select ${older.id} from ${older}))
           for no key update skip locked),
      ${decrypted} as materialized (
        select ${columns(decryptedRow)}
          from ${locked} join ${key} on ${key.generation} = split_part(${locked.email}, '.', 1)),
      ${rotated} as (
        update ${customers}
           set ${assign(customers, { email: encryptBoundEmail({ ...p, plain: decrypted.plain }) })}
          from ${decrypted}
         where ${merchantId} = ${p.merchantId} and ${id} = ${decrypted.id}
        returning ${columns(rotatedRow)})
      select ${row}`,
    );
  },
});

const ADVANCE = statement({
  params: {
    merchantId: keyRotations.merchantId,
    generation: keyRotations.generation,
    cursor: keyRotations.cursor,
    rotated: keyRotations.rows,
  },
  text: (p) =>
    build
      .update(keyRotations)
      .set({ cursor: p.cursor, rows: sql`${keyRotations.rows} + ${p.rotated}` })
      .where(and(eq(keyRotations.merchantId, p.merchantId), eq(keyRotations.generation, p.generation))),
});

/**
 * Re-encrypts the emails of one page of a merchant's customers in one statement, so that no email leaves
 * PostgreSQL. Rows locked by other transactions are skipped, so that neither side waits: the next pass finds
 * them. The text keeps the ids in it, so that a value copied from another row stays as wrong as before.
 * Version and updated_at stay, and there is no event, because no reader sees a change.
 * @throws PostgreSQL's error when a value cannot be decrypted, see isUnreadable of @core/crypto
 */
export async function rotateEmails(tx: Tx, page: EmailPage): Promise<RotatedPage> {
  const { merchantId, keys, after, limit: most } = page;
  const { generation } = keys.newest;
  const [row] = await tx.run(ROTATE, {
    merchantId,
    after,
    most,
    olderGenerations: keys.older.map((each) => String(each.generation)),
    olderPassphrases: keys.older.map(passphrase),
    generation,
    passphrase: passphrase(keys.newest),
  });
  if (!row) throw new Error('an aggregate returned no row');
  const { older, rotated, misplaced, last } = row;
  await tx.run(ADVANCE, { merchantId, generation, cursor: last, rotated });
  return { older, rotated, misplaced, next: row.page === most ? last : null };
}
