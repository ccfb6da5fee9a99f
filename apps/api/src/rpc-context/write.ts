import {
  inTransaction,
  inTransactionWithToken,
  type Committed,
  type TransactionOptions,
  type Tx,
} from '@core/db';
import type { CommandContext } from '@core/domain';
import type { CallContext, Deps } from './context.ts';

type WriteDeps = Pick<Deps, 'pool' | 'keys'>;
type Work<T> = (tx: Tx, ctx: CommandContext) => Promise<T>;

/**
 * Runs a handler's single transaction. A header of the reply contains the token, whatever its body contains.
 */
export async function write<T>(deps: WriteDeps, ctx: CallContext, work: Work<T>): Promise<Committed<T>> {
  const committed = await inTransactionWithToken(
    deps.pool,
    (tx) => work(tx, commandContext(deps, ctx)),
    optionsOf(ctx),
  );
  ctx.reply('x-consistency-token', committed.consistencyToken);
  return committed;
}

/**
 * Runs a transaction that records a read in the audit log. It changes nothing that a token could cover.
 */
export const recordRead = <T>(deps: WriteDeps, ctx: CallContext, work: Work<T>): Promise<T> =>
  inTransaction(deps.pool, (tx) => work(tx, commandContext(deps, ctx)), optionsOf(ctx));

const optionsOf = ({ signal, merchantId }: CallContext): TransactionOptions => ({ signal, merchantId });

const commandContext = (deps: WriteDeps, ctx: CallContext): CommandContext => ({
  caller: ctx.caller,
  requestId: ctx.requestId,
  keys: deps.keys,
  signal: ctx.signal,
  deadline: ctx.deadline,
  traceparent: ctx.traceparent,
});
