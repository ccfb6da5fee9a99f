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
  /** Changes one; updatedAt becomes now. False when there is no such customer. */
  edit(id: string, patch: CustomerPatch): boolean;
  remove(id: string): boolean;
  /** Two become one; the kept id, or undefined when there is no such pair. */
  merge(one: string, two: string): string | undefined;
  /** Appends n new ones, created now. */
  add(n: number): void;
}

/** The changes of a shop, each told by webhook. */
export function createChanges(population: () => Population, { send }: Pick<Sender, 'send'>): Changes {
  const told = (topic: Topic, id: string, eventId?: string) => {
    const customer = population().find(id);
    if (customer) send(topic, customerPayload(customer), eventId === undefined ? {} : { eventId });
  };
  return {
    edit(id, patch) {
      const done = population().edit(id, patch);
      if (done) told('customers/update', id);
      return done;
    },
    remove(id) {
      const done = population().remove(id);
      if (done) send('customers/delete', deletePayload(id));
      return done;
    },
    merge(one, two) {
      const kept = population().merge(one, two);
      if (kept === undefined) return undefined;
      // One action, so one event id: a client that dedupes by it alone, without the topic, loses one of them.
      const eventId = randomUUID();
      send('customers/merge', mergePayload(kept, kept === one ? two : one), { eventId });
      told('customers/update', kept, eventId);
      return kept;
    },
    add(n) {
      const size = population().add(n);
      for (let index = size - n; index < size; index++) {
        const customer = population().get(index);
        if (customer) send('customers/create', customerPayload(customer));
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

/** A webhook asked for by a test: the privacy topics, an uninstall, or any other about a living customer. */
export interface AskedWebhook {
  topic: Topic;
  /** gid; the person need not live for the privacy topics. */
  customerId?: string;
  forged?: boolean;
}

export function payloadFor(
  shop: string,
  population: Population,
  { topic, customerId = '' }: AskedWebhook,
): Payload {
  if (topic === 'shop/redact') return shopRedactPayload(shop);
  if (topic === 'app/uninstalled') return uninstalledPayload(shop);
  const customer = population.find(customerId);
  if (topic === 'customers/data_request' || topic === 'customers/redact') {
    return privacyPayload(topic, shop, { id: numericId(customerId), email: customer?.email ?? null });
  }
  if (topic === 'customers/delete') return deletePayload(customerId);
  if (!customer || topic === 'customers/merge' || topic === 'bulk_operations/finish') {
    throw new Error(`${topic} comes from what happens in the shop, or needs a living customer`);
  }
  return customerPayload(customer);
}
