import { sql } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { customers, many, returning, statement, text, unnest, type Reader } from '@core/db';
import { decryptEmail, passphrase } from './email.ts';
import { KeyError } from './keyring.ts';
import type { MerchantKeys } from './wrapped-keys.ts';

const DECRYPT = statement({
  params: { ids: many(customers.id), emails: many(text), passphrase: text },
  text(p) {
    const encrypted = unnest('encrypted', { id: p.ids, email: p.emails });
    const plain = decryptEmail({ email: encrypted.email, passphrase: p.passphrase });
    return returning({ id: encrypted.id, plain }, (row) => sql`select ${row} from ${encrypted}`);
  },
});

/**
 * Returns the plain emails of one merchant's customers by customer id. All values are of the generation of
 * `keys`.
 * @throws KeyError when a value cannot be decrypted or belongs to another row; the transaction is then
 * aborted
 */
export async function decryptEmails(
  reader: Reader,
  merchantId: MerchantId,
  keys: MerchantKeys,
  encrypted: readonly { id: CustomerId; email: string }[],
): Promise<Map<CustomerId, string>> {
  const decrypted = await reader
    .run(DECRYPT, {
      ids: encrypted.map(({ id }) => id),
      emails: encrypted.map(({ email }) => email),
      passphrase: passphrase(keys),
    })
    .catch((error: unknown) => {
      throw isUnreadable(error)
        ? new KeyError('stored email cannot be decrypted: it was changed, or belongs to another key')
        : error;
    });
  return new Map(
    decrypted.map(({ id, plain }) => {
      // PostgreSQL wrote the ids into the value in lower case.
      const owner = `${merchantId}|${id}|`.toLowerCase();
      if (!plain.startsWith(owner)) throw new KeyError('stored email belongs to another customer');
      return [id, plain.slice(owner.length)];
    }),
  );
}

/** Returns the key generation that prefixes a stored email. @throws KeyError when there is none */
export function generationOf(email: string): number {
  const [, generation] = /^(\d{1,9})\./.exec(email) ?? [];
  if (!generation) throw new KeyError('stored email has no key generation');
  return Number(generation);
}

// SQLSTATEs that all mean an unreadable value: pgcrypto's for a wrong key or a broken message, decode()'s for
// invalid base64, PostgreSQL's for bytes that are not valid text.
const UNREADABLE = ['39000', '22023', '22021'];

export const isUnreadable = (error: unknown): boolean =>
  UNREADABLE.includes((error as { code?: string } | null)?.code ?? '');
