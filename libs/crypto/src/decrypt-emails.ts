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
 * The plain emails of one merchant's customers whose values are of one generation, by customer id.
 * @throws KeyError when a value does not open or belongs to another row; the transaction is then lost
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
        ? new KeyError('stored email does not open: it was changed, or belongs to another key')
        : error;
    });
  return new Map(
    decrypted.map(({ id, plain }) => {
      // PostgreSQL wrote it, in lower case.
      const owner = `${merchantId}|${id}|`.toLowerCase();
      if (!plain.startsWith(owner)) throw new KeyError('stored email belongs to another customer');
      return [id, plain.slice(owner.length)];
    }),
  );
}

/** The generation in front of a stored email. @throws KeyError when there is none */
export function generationOf(email: string): number {
  const [, generation] = /^(\d{1,9})\./.exec(email) ?? [];
  if (!generation) throw new KeyError('stored email has no key generation');
  return Number(generation);
}

// SQLSTATEs of pgcrypto for a wrong key or a broken message, of decode() for invalid base64, and of
// PostgreSQL for bytes that are no text: all of them mean the same here.
const UNREADABLE = ['39000', '22023', '22021'];

export const isUnreadable = (error: unknown): boolean =>
  UNREADABLE.includes((error as { code?: string } | null)?.code ?? '');
