import type { Topic } from './payloads.ts';

/** A shop-specific subscription, created by GraphQL. */
export interface Subscription {
  id: number;
  topic: Topic;
  uri: string;
  /** A search that only matching events pass; null: all. It is shown, but not applied. */
  filter: string | null;
  /** The fields of the payload; empty: all. They are shown, but not applied. */
  includeFields: string[];
  createdMs: number;
  updatedMs: number;
}

export interface Subscriptions {
  /** Oldest first. */
  list(): Subscription[];
  /** @param shape as another client of the app has subscribed */
  add(
    topic: Topic,
    uri: string,
    shape?: Partial<Pick<Subscription, 'filter' | 'includeFields'>>,
  ): Subscription;
  /** Returns undefined for an unknown id. */
  move(id: number, uri: string): Subscription | undefined;
  /** Returns false for an unknown id. */
  remove(id: number): boolean;
  /** An uninstall deletes all of them. */
  clear(): void;
}

export function createSubscriptions(now: () => number): Subscriptions {
  let kept: Subscription[] = [];
  let last = 1_000_000;
  return {
    list: () => [...kept],
    add(topic, uri, { filter = null, includeFields = [] } = {}) {
      const at = now();
      const subscription = { id: ++last, topic, uri, filter, includeFields, createdMs: at, updatedMs: at };
      kept.push(subscription);
      return subscription;
    },
    move(id, uri) {
      const found = kept.find((subscription) => subscription.id === id);
      return found && Object.assign(found, { uri, updatedMs: now() });
    },
    remove(id) {
      const before = kept.length;
      kept = kept.filter((subscription) => subscription.id !== id);
      return kept.length < before;
    },
    clear: () => void (kept = []),
  };
}
