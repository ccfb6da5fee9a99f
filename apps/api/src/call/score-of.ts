import { batchReads, newestToken, type Consistency, type ReadRouter } from '@core/reads';
import { getCustomerRfm, type CustomerKey, type FoundScore } from '@core/domain';

/** One score, read together with those that other calls want at the same moment. */
export type ScoreOf = (key: CustomerKey, consistency: Consistency) => Promise<FoundScore>;

/** Calls of one kind of consistency share statements. */
export function createScoreOf(reads: ReadRouter): ScoreOf {
  const quick = { hedge: true };
  const anyReplica = batchReads((keys: readonly CustomerKey[]) =>
    getCustomerRfm(reads.reader({ kind: 'minimize_latency' }, quick), keys),
  );
  const primary = batchReads((keys: readonly CustomerKey[]) =>
    getCustomerRfm(reads.reader({ kind: 'strong' }), keys),
  );
  const atLeast = batchReads((keys: readonly (CustomerKey & { token: string })[]) => {
    const token = newestToken(keys.map((key) => key.token));
    // Tokens of several timelines, as after a failover, or of several clusters: the primary satisfies them all.
    return getCustomerRfm(
      reads.reader(token ? { kind: 'at_least', token } : { kind: 'strong' }, quick),
      keys,
    );
  });
  return (key, consistency) => {
    switch (consistency.kind) {
      case 'at_least':
        return atLeast({ ...key, token: consistency.token });
      case 'strong':
        return primary(key);
      default:
        return anyReplica(key);
    }
  };
}
