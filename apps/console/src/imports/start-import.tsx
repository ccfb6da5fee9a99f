import { lazy, Suspense, useState } from 'react';
import { useTexts } from '../reader.ts';
import { useSession } from '../session/session.ts';
import { isConnected } from '../shops/connected.ts';
import { Button } from '../ui/button.tsx';

// Its dialog needs React Aria, which is larger than the page around it.
const load = () => import('./start-dialog.tsx');
const StartDialog = lazy(() => load().then(({ StartDialog: component }) => ({ default: component })));

/** The button that starts an import, and its dialog. Shows nothing while no shop is connected. */
export function StartImport() {
  const { imports } = useTexts();
  const { shops, shop: boundTo } = useSession();
  const [open, setOpen] = useState(false);
  const connected = shops
    .filter((each) => isConnected(each) && (boundTo === '' || boundTo === each.shop))
    .map(({ shop }) => shop);
  if (connected.length === 0) return null;
  const prepare = () => void load().catch(() => undefined);
  return (
    <>
      <Button kind="primary" onClick={() => setOpen(true)} onPointerEnter={prepare} onFocus={prepare}>
        {imports.start}
      </Button>
      {open && (
        <Suspense>
          <StartDialog shops={connected} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
