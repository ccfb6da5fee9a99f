/** Returns the token of the next request; undefined when the page is not signed in. */
export type TokenSource = () => Promise<string | undefined>;

/** The used part of Shopify's App Bridge. Source: shopify.dev/docs/api/app-home/apis/id-token. */
export interface AppBridge {
  idToken(): Promise<string>;
}

/** A token of the api, for a session token of Shopify. */
export interface ConsoleToken {
  token: string;
  /** Seconds. */
  expiresIn: number;
}

export interface ExchangeOptions {
  /** Undefined: the page has only the session token of its address, which lives for a minute. */
  appBridge: AppBridge | undefined;
  /** The session token of the address. */
  sessionToken: string | undefined;
  exchange: (sessionToken: string) => Promise<ConsoleToken>;
  now?: () => number;
}

/** A call that begins before the end of its token may arrive after it. */
const RENEW_BEFORE_MS = 60_000;

/**
 * Exchanges a session token before the first request. With App Bridge it renews the result before its end;
 * otherwise the api refuses it after its end, and the page says how to open it again. A failed exchange is
 * repeated by the next request. The token is only in memory: a script of another page, a log or a disk never
 * has it.
 */
export function createExchange(options: ExchangeOptions): TokenSource {
  const { appBridge, sessionToken = '', exchange, now = Date.now } = options;
  let current: Promise<string> | undefined;
  let renewAt = Infinity;
  const begin = async (): Promise<string> => {
    renewAt = Infinity;
    try {
      const { token, expiresIn } = await exchange(appBridge ? await appBridge.idToken() : sessionToken);
      if (appBridge) renewAt = now() + expiresIn * 1_000 - RENEW_BEFORE_MS;
      return token;
    } catch (error) {
      current = undefined;
      throw error;
    }
  };
  return () => {
    if (now() >= renewAt) current = undefined;
    return (current ??= begin());
  };
}
