import type { Actor, MerchantKeyStore } from '@core/db';

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
