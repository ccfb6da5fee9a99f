import { randomUUID } from 'node:crypto';
import { isoSeconds } from './customers.ts';
import type { CustomerPatch, Population } from './population.ts';
import { bulkGid } from './bulk/view.ts';
import type { BulkOperation } from './bulk/operation.ts';
import {
  bulkPayload,
  customerPayload,
  deletePayload,
  mergePayload,
  privacyPayload,
  shopRedactPayload,
  uninstalledPayload,
} from './webhooks/payloads.ts';
import type { Payload, Topic } from './webhooks/payloads.ts';
import type { Sender } from './webhooks/sender.ts';
import { numericId } from './rest/view.ts';

export interface Changes {
  /** Changes a customer and sets updatedAt to now. Returns false when there is no such customer. */
  edit(id: string, patch: CustomerPatch): boolean;
  /** Changes the RFM group, without a webhook and without a new updatedAt. */
  regroup: Population['regroup'];
  remove(id: string): boolean;
  /** Merges two customers. Returns the id of the kept one, or undefined when either does not exist. */
  merge(one: string, two: string): string | undefined;
  /** Appends n new customers, created now. */
  add(n: number): void;
}

/**
 * Creates the change functions of a shop. Each change sends webhooks, except a new RFM group.
 * @param isApproved whether the app may read the protected fields
 */
export function createChanges(
  population: () => Population,
  { send }: Pick<Sender, 'send'>,
  isApproved: () => boolean,
): Changes {
  const told = (topic: Topic, id: string, eventId?: string) => {
    const customer = population().find(id);
    if (customer)
      send(topic, customerPayload(customer, isApproved()), eventId === undefined ? {} : { eventId });
  };
  return {
    edit(id, patch) {
      const done = population().edit(id, patch);
      if (done) told('customers/update', id);
      return done;
    },
    regroup: (id, rfmGroup) => population().regroup(id, rfmGroup),
    remove(id) {
      const done = population().remove(id);
      if (done) send('customers/delete', deletePayload(id));
      return done;
    },
    merge(one, two) {
      const kept = population().merge(one, two);
      if (kept === undefined) return undefined;
      // One action has one event id: a client that deduplicates by it alone, without the topic, loses a
      // webhook.
      const eventId = randomUUID();
      send('customers/merge', mergePayload(kept, kept === one ? two : one), { eventId });
      told('customers/update', kept, eventId);
      return kept;
    },
    add(n) {
      const size = population().add(n);
      for (let index = size - n; index < size; index++) {
        const customer = population().get(index);
        if (customer) send('customers/create', customerPayload(customer, isApproved()));
      }
    },
  };
}

export function bulkFinished({ send }: Pick<Sender, 'send'>, operation: BulkOperation): void {
  const { id, createdMs, completedMs, status, errorCode } = operation;
  const completedAt = completedMs === null ? null : isoSeconds(completedMs);
  send(
    'bulk_operations/finish',
    bulkPayload({ gid: bulkGid(id), createdAt: isoSeconds(createdMs), completedAt, status, errorCode }),
  );
}

/**
 * A webhook requested by a test: a privacy topic, an uninstall, or another topic about an existing customer.
 */
export interface RequestedWebhook {
  topic: Topic;
  /** gid; for the privacy topics the person need not exist. */
  customerId?: string;
  forged?: boolean;
}

export function payloadFor(
  shop: string,
  population: Population,
  { topic, customerId = '' }: RequestedWebhook,
  isApproved: boolean,
): Payload {
  if (topic === 'shop/redact') return shopRedactPayload(shop);
  if (topic === 'app/uninstalled') return uninstalledPayload(shop);
  const customer = population.find(customerId);
  if (topic === 'customers/data_request' || topic === 'customers/redact') {
    const email = isApproved ? (customer?.email ?? null) : null;
    return privacyPayload(topic, shop, { id: numericId(customerId), email });
  }
  if (topic === 'customers/delete') return deletePayload(customerId);
  if (!customer || topic === 'customers/merge' || topic === 'bulk_operations/finish') {
    throw new Error(`${topic} is sent only for a change in the shop, or needs an existing customer`);
  }
  return customerPayload(customer, isApproved);
}
