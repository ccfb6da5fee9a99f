import type { MerchantKeyStore } from '@core/crypto';
import type { Actor } from '@core/db';
import type { PageTokens } from './page-token.ts';

/** What every command gets beside its transaction and input. */
export interface CommandContext extends Actor {
  readonly keys: MerchantKeyStore;
  /** W3C trace context of the call or event; goes on into the events it causes. */
  readonly traceparent?: string | undefined;
  /** Aborted when the caller has gone or its deadline has passed. */
  readonly signal?: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly deadline?: number;
}

/** What a query gets beside its reader and input when it decrypts what is encrypted. */
export type Keys = Pick<CommandContext, 'keys'>;

/** What a query gets beside its reader and input when it gives out a list by pages. */
export interface Pages {
  readonly pageTokens: PageTokens;
}
