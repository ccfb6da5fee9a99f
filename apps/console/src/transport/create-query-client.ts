import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { explainError, isTemporary } from './explain-error.ts';

const MOST_RETRIES = 3;
/** Long enough that moving between pages asks nothing again. */
const FRESH_MS = 10_000;

/** @param onSignedOut called when the api no longer accepts the token of the page */
export function createQueryClient(onSignedOut: () => void): QueryClient {
  const onError = (error: unknown) => {
    if (explainError(error).kind === 'signedOut') onSignedOut();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        retry: (failures, error) => failures < MOST_RETRIES && isTemporary(error),
      },
    },
  });
}
