import { useMutation } from '@connectrpc/connect-query';
import { ShopService, type Shop } from '@core/contracts/web';
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import type { Formats } from '../../format/formats.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { useSession } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { isGranted } from './permissions.tsx';

const ConfirmDialog = lazy(() =>
  import('../../ui/confirm-dialog.tsx').then((it) => ({ default: it.ConfirmDialog })),
);

interface SegmentSyncPartProps {
  shop: Shop;
  mayChange: boolean;
  /** The clock of the shop. */
  formats: Formats;
}

/** Whether segments are written to the customers in the shop, how far that is, and what it needs. */
export function SegmentSyncPart({ shop, mayChange, formats }: SegmentSyncPartProps) {
  const { connect: words, imports } = usePageTexts();
  const { merchantId } = useSession();
  const queries = useQueryClient();
  const [asks, setAsks] = useState(false);
  const set = useMutation(ShopService.method.setSegmentSync, {
    async onSuccess() {
      setAsks(false);
      await queries.invalidateQueries();
    },
  });
  const turn = (enabled: boolean) => set.mutate({ merchantId, shop: shop.shop, enabled });
  const { enabled = false, written = 0n, refused = 0n, lastCompletedAt, lastError } = shop.segmentSync ?? {};
  // Scopes that are not known count as granted: the api asks the shop.
  const lacks = shop.scopes.length > 0 && !isGranted(shop.scopes, 'write_customers');
  const customers = (count: bigint) => imports.customers(count, formats.number(count));
  const state = enabled
    ? lastCompletedAt
      ? words.syncDone(customers(written), formats.dateTime(lastCompletedAt))
      : words.syncWriting(customers(written))
    : written > 0n
      ? words.syncRemoving(customers(written))
      : words.syncOff;
  return (
    <section className="connect-part">
      <h3>{words.sync}</h3>
      <p className="muted">{words.syncText}</p>
      <p>{state}</p>
      {refused > 0n && <p>{words.syncRefused(customers(refused))}</p>}
      {lastError && <p className="connect-problem">{lastError}</p>}
      {!enabled && lacks && <p>{words.syncNeeds}</p>}
      {set.error && !asks && <ErrorState error={set.error} />}
      {mayChange && (enabled || !lacks) && (
        <div>
          {enabled ? (
            <Button onClick={() => setAsks(true)}>{words.syncTurnOff}</Button>
          ) : (
            <Button busy={set.isPending} onClick={() => turn(true)}>
              {words.syncTurnOn}
            </Button>
          )}
        </div>
      )}
      {asks && (
        <Suspense>
          <ConfirmDialog
            title={words.syncOffTitle}
            yes={words.syncTurnOff}
            no={words.close}
            busy={set.isPending}
            error={set.error}
            onConfirm={() => turn(false)}
            onClose={() => setAsks(false)}
          >
            <p className="muted">{words.syncOffText}</p>
          </ConfirmDialog>
        </Suspense>
      )}
    </section>
  );
}
