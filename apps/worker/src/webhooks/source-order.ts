import type { WaitingWebhook } from '@core/domain';
import { readExternalId, readUpdatedAt, type Payload } from './payloads.ts';

/** A webhook with its body decrypted, or why it could not be. */
export interface DecryptedWebhook {
  webhook: WaitingWebhook;
  payload: Payload | Error;
}

/**
 * Puts the updates of each customer, which come in any order, into that of the source's updated_at. All else stays
 * where it is. The commands ignore what is older than what they know; this spares readers the steps in between.
 */
export function inSourceOrder(decrypted: readonly DecryptedWebhook[]): DecryptedWebhook[] {
  const ordered = [...decrypted];
  const byCustomer = Map.groupBy(decrypted.keys(), (index) => customerOf(decrypted[index]));
  for (const [customer, indexes] of byCustomer) {
    if (customer === undefined) continue;
    const updates = indexes.flatMap((index) => decrypted[index] ?? []).sort((a, b) => timeOf(a) - timeOf(b));
    for (const [nth, index] of indexes.entries()) {
      const update = updates[nth];
      if (update) ordered[index] = update;
    }
  }
  return ordered;
}

/** Undefined for what is no readable update of a customer. */
function customerOf(decrypted: DecryptedWebhook | undefined): string | undefined {
  if (!decrypted || decrypted.payload instanceof Error) return undefined;
  const { topic } = decrypted.webhook;
  if (topic !== 'customers/create' && topic !== 'customers/update') return undefined;
  if (!readUpdatedAt(decrypted.payload)) return undefined;
  try {
    return readExternalId(decrypted.payload);
  } catch {
    return undefined;
  }
}

const timeOf = ({ payload }: DecryptedWebhook): number =>
  payload instanceof Error ? 0 : (readUpdatedAt(payload)?.getTime() ?? 0);
