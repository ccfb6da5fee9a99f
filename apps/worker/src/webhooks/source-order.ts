import type { WaitingWebhook } from '@core/domain';
import { readExternalId, readUpdatedAt, type Payload } from './payloads.ts';

/** A webhook with its decrypted body, or with the error of the decryption. */
export interface DecryptedWebhook {
  webhook: WaitingWebhook;
  payload: Payload | Error;
}

/**
 * Sorts the updates of each customer, which arrive in any order, by the source's updated_at. All other
 * webhooks keep their positions. The commands ignore updates older than the stored state; the sort spares
 * consumers the intermediate versions.
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

/** Returns undefined unless the webhook is a readable update of a customer. */
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
