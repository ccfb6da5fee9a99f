import { lazy, Suspense, useState } from 'react';
import { Button } from '../../ui/button.tsx';

const load = () => import('./connect-dialog.tsx');
const ConnectDialog = lazy(() => load().then((it) => ({ default: it.ConnectDialog })));

interface ConnectButtonProps {
  label: string;
  kind: 'primary' | 'secondary';
  /** The shop to connect again; undefined: the dialog asks for one. */
  shop?: string;
  /** Called when the page of Shopify is opened. */
  onOpened: (shop: string) => void;
}

/** Connects a shop, for the first time or again. */
export function ConnectButton({ label, kind, shop, onOpened }: ConnectButtonProps) {
  const [open, setOpen] = useState(false);
  const prepare = () => void load().catch(() => undefined);
  return (
    <>
      <Button kind={kind} onClick={() => setOpen(true)} onPointerEnter={prepare} onFocus={prepare}>
        {label}
      </Button>
      {open && (
        <Suspense>
          <ConnectDialog shop={shop ?? ''} onOpened={onOpened} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
