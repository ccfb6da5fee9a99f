import type { Shop } from '@core/contracts/web';
import { lazy, Suspense, useState } from 'react';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { isConnected } from '../../shops/connected.ts';
import { Button } from '../../ui/button.tsx';
import { ConnectButton } from './connect-button.tsx';

const MoveDialog = lazy(() => import('./move-dialog.tsx').then((it) => ({ default: it.MoveDialog })));
const DisconnectDialog = lazy(() =>
  import('./disconnect-dialog.tsx').then((it) => ({ default: it.DisconnectDialog })),
);

/** What can be done with the connection of a shop. */
export function ShopActions({ shop, onOpened }: { shop: Shop; onOpened: (shop: string) => void }) {
  const { connect: words } = usePageTexts();
  const [open, setOpen] = useState<'move' | 'disconnect'>();
  const close = () => setOpen(undefined);
  const connected = isConnected(shop);
  const needsConnection = !connected || shop.accessRefusedAt !== undefined || shop.missingScopes.length > 0;
  return (
    <div className="connect-actions">
      <ConnectButton
        kind={needsConnection ? 'primary' : 'secondary'}
        label={words.connectAgain}
        shop={shop.shop}
        onOpened={onOpened}
      />
      {connected && (
        <>
          <Button onClick={() => setOpen('move')}>{words.move}</Button>
          <Button kind="danger" onClick={() => setOpen('disconnect')}>
            {words.disconnect}
          </Button>
        </>
      )}
      <Suspense>
        {open === 'move' && <MoveDialog shop={shop.shop} onClose={close} />}
        {open === 'disconnect' && <DisconnectDialog shop={shop.shop} onClose={close} />}
      </Suspense>
    </div>
  );
}
