import { useSyncExternalStore } from 'react';
import { useTexts } from '../reader.ts';

const subscribe = (changed: () => void) => {
  for (const event of ['online', 'offline']) window.addEventListener(event, changed);
  return () => {
    for (const event of ['online', 'offline']) window.removeEventListener(event, changed);
  };
};

/** Says that the page is old while the browser has no network. */
export function OfflineBanner() {
  const { offlineBanner } = useTexts();
  const online = useSyncExternalStore(subscribe, () => navigator.onLine);
  return (
    <div role="status" className="offline">
      {!online && <p>{offlineBanner}</p>}
    </div>
  );
}
