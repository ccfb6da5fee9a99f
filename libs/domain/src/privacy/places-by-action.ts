import type { ErasedOfPerson, ErasedOfShop, Exported, HeldPlace, ShopTurn } from './held-place.ts';
import { PERSONAL_DATA } from './personal-data.ts';
import { untouched, type ErasedPlace } from './requests/receipt.ts';

type Of<Action> = Action & { place: string };

const PLACES = Object.entries<HeldPlace>(PERSONAL_DATA);

export const EXPORTED: readonly Of<Exported>[] = PLACES.flatMap(([place, held]) =>
  'exported' in held && 'read' in held.exported ? [{ place, ...held.exported }] : [],
);

export const ERASED_OF_PERSON: readonly Of<ErasedOfPerson>[] = PLACES.flatMap(([place, held]) =>
  'ofPerson' in held && 'erase' in held.ofPerson ? [{ place, ...held.ofPerson }] : [],
);

const ERASED_OF_SHOP: readonly Of<ErasedOfShop>[] = PLACES.flatMap(([place, held]) =>
  'ofShop' in held && 'remove' in held.ofShop ? [{ place, ...held.ofShop }] : [],
);
export const erasedOfShop = (turn: ShopTurn): Of<ErasedOfShop>[] =>
  ERASED_OF_SHOP.filter((each) => each.turn === turn);

const untouchedInReceipt = (erasure: 'ofPerson' | 'ofShop'): ErasedPlace[] =>
  PLACES.flatMap(([place, held]) => {
    const unaffected = 'nothingPersonal' in held ? { ...held, why: held.nothingPersonal } : held[erasure];
    return 'why' in unaffected && unaffected.inReceipts ? [untouched(place, unaffected.why)] : [];
  });
/** Places where an erasure has nothing to remove, with the reason for the receipt. */
export const UNTOUCHED_OF_PERSON = untouchedInReceipt('ofPerson');
export const UNTOUCHED_OF_SHOP = untouchedInReceipt('ofShop');
