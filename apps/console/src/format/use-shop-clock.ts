import type { Shop } from '@core/contracts/web';
import { useFormats } from '../reader.ts';
import { createFormats, type Formats } from './formats.ts';

export interface ShopClock {
  formats: Formats;
  /** False: the zone of the shop is not known, and these are times of this browser. */
  known: boolean;
}

/** Returns the numbers and times of a shop. */
export function useShopClock({ timeZone }: Pick<Shop, 'timeZone'>): ShopClock {
  const formats = useFormats();
  return shopClock(timeZone, formats);
}

/** The browser may lack a zone that the service knows: it then shows its own, as for an unknown one. */
export function shopClock(timeZone: string, formats: Formats): ShopClock {
  try {
    if (timeZone) return { formats: createFormats({ locale: formats.locale, timeZone }), known: true };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return { formats, known: false };
}
