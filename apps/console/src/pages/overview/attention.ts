import {
  ImportErrorEffect,
  ImportStatus,
  ShopStatus,
  type CustomerImport,
  type Shop,
} from '@core/contracts/web';

/** Something that a person should know or do, about one shop. */
export interface Attention {
  what:
    | 'neverImported'
    | 'unproven'
    | 'uninstalled'
    | 'disconnected'
    | 'failed'
    | 'incomplete'
    | 'withErrors'
    | 'paused'
    | 'note';
  tone: 'bad' | 'warn' | 'info';
  shop: string;
  /** The sentence of the api: for a note, and for the reason of a failed import. */
  detail: string;
  /** The import that it is about; empty: none. */
  importId: string;
  /** Customers that were left out; 0: none. */
  count: bigint;
}

const ORDER: readonly Attention['tone'][] = ['bad', 'warn', 'info'];

/**
 * Lists what needs attention, the worst first. A shop that is no longer connected is listed only until its
 * data is erased: the api forgets it then.
 * @param imports newest first
 */
export function listAttention(shops: readonly Shop[], imports: readonly CustomerImport[]): Attention[] {
  return shops
    .flatMap((shop) =>
      ofShop(
        shop,
        imports.find((run) => run.shop === shop.shop),
      ),
    )
    .sort((a, b) => ORDER.indexOf(a.tone) - ORDER.indexOf(b.tone));
}

function ofShop(shop: Shop, last: CustomerImport | undefined): Attention[] {
  const about = (
    what: Attention['what'],
    tone: Attention['tone'],
    rest: Partial<Attention> = {},
  ): Attention => ({
    what,
    tone,
    shop: shop.shop,
    detail: '',
    importId: '',
    count: 0n,
    ...rest,
  });
  if (shop.status === ShopStatus.UNINSTALLED) return [about('uninstalled', 'bad')];
  if (shop.status === ShopStatus.DISCONNECTED) return [about('disconnected', 'warn')];
  const found = shop.notes.map((detail) => about('note', shop.accessRefusedAt ? 'bad' : 'warn', { detail }));
  if (shop.status === ShopStatus.UNPROVEN) found.push(about('unproven', 'info'));
  if (!last) return [...found, about('neverImported', 'info')];
  const { importId, error: detail } = last;
  if (last.status === ImportStatus.FAILED) found.push(about('failed', 'bad', { importId, detail }));
  if (last.status === ImportStatus.INCOMPLETE) found.push(about('incomplete', 'bad', { importId, detail }));
  if (last.status === ImportStatus.PAUSED) {
    found.push(about('paused', 'info', { importId, detail: last.waitingReason }));
  }
  if (last.status === ImportStatus.COMPLETED_WITH_ERRORS) {
    found.push(about('withErrors', 'warn', { importId, count: leftOut(last) }));
  }
  return found;
}

/** Returns the customers that were not stored, or without a field. Notes are not errors. */
export const leftOut = ({ errorsByReason }: Pick<CustomerImport, 'errorsByReason'>): bigint =>
  errorsByReason
    .filter(({ effect }) => effect !== ImportErrorEffect.NOTE)
    .reduce((sum, { count }) => sum + count, 0n);
