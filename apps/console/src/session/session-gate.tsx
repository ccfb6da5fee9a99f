import { ShopService } from '@core/contracts/web';
import { Code, ConnectError } from '@connectrpc/connect';
import { useQuery } from '@connectrpc/connect-query';
import { useState, type ReactNode } from 'react';
import type { TokenSource } from '../transport/token-source.ts';
import { ErrorState } from '../ui/error-state.tsx';
import { FrameSkeleton } from '../ui/skeleton.tsx';
import { ChooseMerchant } from './choose-merchant.tsx';
import { SessionContext } from './session.ts';

interface SessionGateProps {
  /** Undefined: the one that the token is bound to. */
  merchantId: string | undefined;
  tokenOf: TokenSource;
  children: ReactNode;
}

/** Shows its children once the api has said for whom the page acts. */
export function SessionGate({ merchantId: given = '', tokenOf, children }: SessionGateProps) {
  const [merchantId, choose] = useState(given);
  const {
    data,
    error,
    refetch,
    dataUpdatedAt: readAt,
  } = useQuery(ShopService.method.getSession, { merchantId });
  if (data) return <SessionContext value={{ ...data, readAt, tokenOf }}>{children}</SessionContext>;
  if (!error) return <FrameSkeleton />;
  // The token is bound to no merchant, or the given id is none.
  if (ConnectError.from(error).code === Code.InvalidArgument) {
    return <ChooseMerchant refused={merchantId !== ''} onChoose={choose} />;
  }
  return <ErrorState error={error} onRetry={() => void refetch()} place="document" />;
}
