import type { WaitingWebhook } from '@core/domain';
import { readCustomerId, readUpdatedAt, type Payload } from './payloads.ts';

/** A webhook with its body opened, or why it could not be. */
export interface OpenedWebhook {
  webhook: WaitingWebhook;
  payload: Payload | Error;
}

/**
 * Puts the updates of each customer, which come in any order, into that of the source's updated_at. All else stays
 * where it is. The commands ignore what is older than what they know; this spares readers the steps in between.
 */
export function inSourceOrder(opened: readonly OpenedWebhook[]): OpenedWebhook[] {
  const ordered = [...opened];
  const byCustomer = Map.groupBy(opened.keys(), (index) => customerOf(opened[index]));
  for (const [customer, places] of byCustomer) {
    if (customer === undefined) continue;
    const updates = places.flatMap((index) => opened[index] ?? []).sort((a, b) => timeOf(a) - timeOf(b));
    for (const [nth, index] of places.entries()) {
      const update = updates[nth];
      if (update) ordered[index] = update;
    }
  }
  return ordered;
}

/** Undefined for what is no readable update of a customer. */
function customerOf(opened: OpenedWebhook | undefined): string | undefined {
  if (!opened || opened.payload instanceof Error) return undefined;
  const { topic } = opened.webhook;
  if (topic !== 'customers/create' && topic !== 'customers/update') return undefined;
  if (!readUpdatedAt(opened.payload)) return undefined;
  try {
    return readCustomerId(opened.payload);
  } catch {
    return undefined;
  }
}

const timeOf = ({ payload }: OpenedWebhook): number =>
  payload instanceof Error ? 0 : (readUpdatedAt(payload)?.getTime() ?? 0);
