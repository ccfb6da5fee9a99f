import { TransportProvider } from '@connectrpc/connect-query';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import type { Entry } from './entry/read-entry.ts';
import { createFormats, placeOf } from './format/formats.ts';
import { ReaderContext } from './reader.ts';
import { preloadPages, router } from './routes.tsx';
import { SessionGate } from './session/session-gate.tsx';
import { SignedOut } from './session/signed-out.tsx';
import { english } from './texts.ts';
import { createQueryClient } from './transport/create-query-client.ts';
import { openTransport } from './transport/open-transport.ts';
import { createTokenSource, reopenUrl, type AppBridge } from './transport/token-source.ts';
import { ErrorBoundary } from './ui/error-boundary.tsx';

declare global {
  interface Window {
    /** App Bridge, in a page to which Shopify's script was added. */
    shopify?: AppBridge;
  }
}

/** Assembles the console for one opening of the page. */
export function App({ entry }: { entry: Entry }) {
  const [ended, setEnded] = useState(false);
  const parts = useMemo(() => {
    const tokenOf = createTokenSource(window.shopify, entry.token);
    return {
      tokenOf,
      transport: openTransport(window.location.origin, tokenOf),
      queries: createQueryClient(() => setEnded(true)),
      reader: { texts: english, formats: createFormats(placeOf(entry.locale, navigator)) },
    };
  }, [entry]);
  // The first sign of a person: the first view needs no other page.
  useEffect(() => {
    for (const event of ['pointermove', 'pointerdown', 'keydown']) {
      window.addEventListener(event, preloadPages, { once: true });
    }
  }, []);
  const signedIn = window.shopify !== undefined || entry.token !== undefined;
  return (
    <ReaderContext value={parts.reader}>
      {!signedIn || ended ? (
        <SignedOut ended={ended} reopen={reopenUrl(entry.token)} />
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
