import { lazy, Suspense, useState } from 'react';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { Button } from '../../ui/button.tsx';

// Its dialog needs React Aria, which is larger than the page around it.
const load = () => import('./erase-dialog.tsx');
const EraseDialog = lazy(() => load().then((it) => ({ default: it.EraseDialog })));

/** The button that erases a person, and its dialog. */
export function ErasePerson() {
  const { privacy } = usePageTexts();
  const [open, setOpen] = useState(false);
  const prepare = () => void load().catch(() => undefined);
  return (
    <>
      <Button kind="danger" onClick={() => setOpen(true)} onPointerEnter={prepare} onFocus={prepare}>
        {privacy.erase}
      </Button>
      {open && (
        <Suspense>
          <EraseDialog onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
