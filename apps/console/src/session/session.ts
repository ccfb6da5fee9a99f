import type { GetSessionResponse } from '@core/contracts/web';
import { createContext, use } from 'react';
import type { TokenSource } from '../transport/token-source.ts';

/** The merchant of the page and its rights, as the api has confirmed them. */
export type Session = Pick<
  GetSessionResponse,
  'merchantId' | 'shop' | 'scopes' | 'shops' | 'newestImports'
> & {
  /** When the api said so, by `Date.now`. */
  readAt: number;
  /** For a request that is not an rpc, such as a download. */
  tokenOf: TokenSource;
};

export const SessionContext = createContext<Session | undefined>(undefined);

/** @throws Error outside of a SessionGate */
export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error('no session: render this inside of a SessionGate');
  return session;
}
