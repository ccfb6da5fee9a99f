import { useQuery } from '@connectrpc/connect-query';
import { CoreService } from '@core/contracts/web';
import { useSession } from '../../session/session.ts';

/** It reads every customer of the merchant, and scores change in batches. */
const FRESH_MS = 60_000;
/** A page that says that scores arrive by themselves must show them when they do. */
const AWAIT_SCORES_MS = 20_000;

/** The counts of all segments and cells, which both views show. */
export function useDistribution() {
  const { merchantId } = useSession();
  return useQuery(
    CoreService.method.getRfmDistribution,
    { merchantId },
    {
      staleTime: FRESH_MS,
      refetchInterval: ({ state: { data } }) =>
        data && data.customers > 0n && data.scored === 0n ? AWAIT_SCORES_MS : false,
    },
  );
}
