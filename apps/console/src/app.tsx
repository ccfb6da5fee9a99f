import { TransportProvider } from '@connectrpc/connect-query';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import type { Entry } from './entry/read-entry.ts';
import { createFormats, placeOf } from './format/formats.ts';
import { ReaderContext } from './reader.ts';
import { preloadPages, router } from './routes.tsx';
import { reopenUrl } from './session/reopen-url.ts';
import { SessionGate } from './session/session-gate.tsx';
import { SignedOut, type SignedOutReason } from './session/signed-out.tsx';
import { english } from './texts/english.ts';
import { createQueryClient } from './transport/create-query-client.ts';
import { exchangeSessionToken } from './transport/exchange-session-token.ts';
import { explainError } from './transport/explain-error.ts';
import { openTransport } from './transport/open-transport.ts';
import { createExchange, type AppBridge, type TokenSource } from './transport/token-source.ts';
import { ErrorBoundary } from './ui/error-boundary.tsx';

declare global {
  interface Window {
    /** App Bridge, in a page to which Shopify's script was added. */
    shopify?: AppBridge;
  }
}

/** Assembles the console for one opening of the page. */
export function App({ entry }: { entry: Entry }) {
  const [signedOut, setSignedOut] = useState<SignedOutReason | undefined>(() =>
    (entry.token ?? entry.sessionToken ?? window.shopify) ? undefined : 'never',
  );
  const parts = useMemo(() => {
    // The first reason stays: a refused exchange is also the error of the call that waited for it.
    const signOut = (reason: SignedOutReason) => setSignedOut((first) => first ?? reason);
    const tokenOf = tokenSourceOf(entry, signOut);
    return {
      tokenOf,
      transport: openTransport(window.location.origin, tokenOf),
      queries: createQueryClient(() => signOut('ended')),
      reader: { texts: english, formats: createFormats(placeOf(entry.locale, navigator)) },
    };
  }, [entry]);
  // The first sign of a person: the first view needs no other page.
  useEffect(() => {
    for (const event of ['pointermove', 'pointerdown', 'keydown']) {
      window.addEventListener(event, preloadPages, { once: true });
    }
  }, []);
  return (
    <ReaderContext value={parts.reader}>
      {signedOut ? (
        <SignedOut reason={signedOut} reopen={reopenUrl(entry)} />
      ) : (
        <ErrorBoundary>
          <TransportProvider transport={parts.transport}>
            <QueryClientProvider client={parts.queries}>
              <SessionGate merchantId={entry.merchantId} tokenOf={parts.tokenOf}>
                <RouterProvider router={router} />
              </SessionGate>
            </QueryClientProvider>
          </TransportProvider>
        </ErrorBoundary>
      )}
    </ReaderContext>
  );
}

/** A token of the platform serves as it is; in the admin, each session token is exchanged. */
function tokenSourceOf(
  { token, sessionToken }: Entry,
  signOut: (reason: SignedOutReason) => void,
): TokenSource {
  if (token !== undefined) return () => Promise.resolve(token);
  const exchange = async (given: string) => {
    try {
      return await exchangeSessionToken(given);
    } catch (error) {
      const { kind } = explainError(error);
      if (kind === 'signedOut') signOut('refused');
      if (kind === 'noPermission') signOut('notConnected');
      throw error;
    }
  };
  return createExchange({ appBridge: window.shopify, sessionToken, exchange });
}
