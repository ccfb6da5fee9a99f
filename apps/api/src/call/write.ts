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

/** Runs a handler's one transaction; the reply's header tells the token, whatever the reply's body holds. */
export async function write<T>(deps: WriteDeps, ctx: CallContext, work: Work<T>): Promise<Committed<T>> {
  const committed = await inTransactionWithToken(
    deps.pool,
    (tx) => work(tx, commandContext(deps, ctx)),
    optionsOf(ctx),
  );
  ctx.reply('x-consistency-token', committed.consistencyToken);
  return committed;
}

/** A transaction for what a read owes to the audit log: it changes nothing that a token could be for. */
export const onRecord = <T>(deps: WriteDeps, ctx: CallContext, work: Work<T>): Promise<T> =>
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
