import type { MerchantKeyStore } from '@core/crypto';
import type { Actor } from '@core/db';
import type { PageTokens } from './page-token.ts';

/** The context that every command receives beside its transaction and input. */
export interface CommandContext extends Actor {
  readonly keys: MerchantKeyStore;
  /** W3C trace context of the call or event; copied into the events that the command causes. */
  readonly traceparent?: string | undefined;
  /** Aborted when the caller has disconnected or its deadline has passed. */
  readonly signal?: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly deadline?: number;
}

/** The part of the context that a query needs to decrypt values. */
export type Keys = Pick<CommandContext, 'keys'>;

/** The part of the context that a query needs to return a list in pages. */
export interface Pages {
  readonly pageTokens: PageTokens;
}
