import type { Topic } from './payloads.ts';

/** A shop-specific subscription, created by GraphQL. */
export interface Subscription {
  id: number;
  topic: Topic;
  uri: string;
  createdMs: number;
}

export interface Subscriptions {
  /** Oldest first. */
  list(): Subscription[];
  add(topic: Topic, uri: string): Subscription;
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
    add(topic, uri) {
      const subscription = { id: ++last, topic, uri, createdMs: now() };
      kept.push(subscription);
      return subscription;
    },
    remove(id) {
      const before = kept.length;
      kept = kept.filter((subscription) => subscription.id !== id);
      return kept.length < before;
    },
    clear: () => void (kept = []),
  };
}
