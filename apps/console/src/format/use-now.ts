import { useEffect, useState } from 'react';

const EVERY_MS = 30_000;

/** Returns the time of now, which moves on twice a minute: texts such as "3 minutes ago" stay true. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
