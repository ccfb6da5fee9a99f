import { createReadBatcher, newestToken, type Consistency, type ReadRouter } from '@core/reads';
import { getCustomerRfm, type CustomerKey, type FoundScore } from '@core/domain';

/** Reads one score, together with those that other calls request at the same moment. */
export type LoadScore = (key: CustomerKey, consistency: Consistency) => Promise<FoundScore>;

/** Creates the loader. Calls with the same kind of consistency share statements. */
export function createScoreLoader(reads: ReadRouter): LoadScore {
  const hedged = { hedge: true };
  const anyReplica = createReadBatcher((keys: readonly CustomerKey[]) =>
    getCustomerRfm(reads.reader({ kind: 'minimize_latency' }, hedged), keys),
  );
  const primary = createReadBatcher((keys: readonly CustomerKey[]) =>
    getCustomerRfm(reads.reader({ kind: 'strong' }), keys),
  );
  const atLeast = createReadBatcher((keys: readonly (CustomerKey & { token: string })[]) => {
    const token = newestToken(keys.map((key) => key.token));
    // Tokens of several timelines, as after a failover, or of several clusters: only the primary satisfies
    // them all.
    return getCustomerRfm(
      reads.reader(token ? { kind: 'at_least', token } : { kind: 'strong' }, hedged),
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
