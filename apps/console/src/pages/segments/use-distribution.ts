import { useQuery } from '@connectrpc/connect-query';
import { CoreService } from '@core/contracts/web';
import { useSession } from '../../session/session.ts';

/** It reads every customer of the merchant, and scores change in batches. */
const FRESH_MS = 60_000;

/** The counts of all segments and cells, which both views show. */
export function useDistribution() {
  const { merchantId } = useSession();
  return useQuery(CoreService.method.getRfmDistribution, { merchantId }, { staleTime: FRESH_MS });
}
