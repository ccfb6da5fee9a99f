import { readMerchantId } from '@core/contracts';
import { readSignedText, signText } from '@core/crypto';
import { CoreError } from '@core/runtime';
import type { CurrentConnection } from '../install/find-merchant.ts';

/** The proof that a user of a shop has opened the console in the shop's admin. */
export interface ConsoleToken {
  shop: string;
  /** The connection that the shop had then; the token ends with it. */
  connection: CurrentConnection;
  expiresAt: Date;
}

export interface ConsoleTokens {
  make(of: Pick<ConsoleToken, 'shop' | 'connection'>): string;
  /** @throws CoreError unauthenticated for a text that is not a token of ours, or has expired */
  read(token: string): ConsoleToken;
}

/** As long as a merchant works in the console without a break; a session token lives for a minute. */
export const CONSOLE_LIFE_MS = 60 * 60_000;

/**
 * Begins a console token, so that it is recognized before it is read: no JWT begins so, and a secret scanner
 * can look for it.
 */
export const CONSOLE_TOKEN = 'console';
const PREFIX = `${CONSOLE_TOKEN}.`;
/** A token has about 250 characters. */
const LONGEST_TOKEN = 1_000;

/**
 * Creates the tokens of the console in the admin. Rejected: JWTs. Their algorithm is HS256 as in Shopify's
 * session tokens, by which the two are told from each other.
 * @param keys the first key signs, all of them verify: a token survives a rotation of the keys
 */
export function createConsoleTokens(
  keys: readonly [Buffer, ...Buffer[]],
  now: () => number = Date.now,
): ConsoleTokens {
  return {
    make({ shop, connection: { merchantId, since } }) {
      const body = [merchantId, shop, since.getTime(), now() + CONSOLE_LIFE_MS];
      return `${PREFIX}${signText(keys, JSON.stringify(body))}`;
    },
    read(token) {
      const text = token.startsWith(PREFIX)
        ? readSignedText(keys, token.slice(PREFIX.length), LONGEST_TOKEN)
        : undefined;
      if (text === undefined) throw refused('is not of this service, or its key was removed');
      const [merchant, shop, since, expires] = JSON.parse(text) as [string, string, number, number];
      if (now() >= expires) throw refused('has expired');
      const merchantId = readMerchantId(merchant);
      if (merchantId === null) throw refused('names no merchant');
      return { shop, connection: { merchantId, since: new Date(since) }, expiresAt: new Date(expires) };
    },
  };
}

const refused = (reason: string) => new CoreError('unauthenticated', `the console token ${reason}`);
