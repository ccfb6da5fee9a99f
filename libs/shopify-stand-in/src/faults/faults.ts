import type { Reply } from '../reply.ts';

/** A fault in a reply. */
export type ReplyFault =
  | 'http429' // with Retry-After: 2.0
  | 'http429-bare' // without Retry-After
  | 'http500'
  | 'http503'
  | 'unauthorized'
  | 'drop' // the connection closes without a reply
  | 'hang' // no reply; the connection stays open
  | 'truncate' // half of the body, then the connection closes
  | Reply; // this reply instead of the shop's

/** A fault in the link to the next page. */
export type PageFault =
  | 'repeat-cursor' // the next page is the current one
  | 'loop-cursor'; // the next page is an earlier one: the previous page, or the first of `pages` pages

export type FaultKind = ReplyFault | PageFault;

export interface Fault {
  kind: FaultKind;
  times?: number;
  /** The Admin API (default), the file of a bulk operation, or the token endpoint. */
  on?: FaultTarget;
  /**
   * Number of pages in the loop of a loop-cursor, 2 by default. The fault waits for a page with enough
   * predecessors.
   */
  pages?: number;
}
export type FaultTarget = 'api' | 'file' | 'oauth';

export interface Faults {
  add(fault: Fault): void;
  takeReply(on: FaultTarget): ReplyFault | undefined;
  /**
   * Returns whether the next page is an earlier one.
   * @param reaches whether the list has this many pages before the start of the current page; 0 means the
   *   current page
   */
  takePage(reaches: (pages: number) => boolean): boolean;
}

const isOfPages = (kind: FaultKind): kind is PageFault => kind === 'repeat-cursor' || kind === 'loop-cursor';

/** Faults queue up. A page fault waits for the next reply that has a next page. */
export function createFaults(): Faults {
  const queues = new Map<string, { kind: FaultKind; left: number; pages: number }[]>();
  const take = (queue: string): FaultKind | undefined => {
    const faults = queues.get(queue);
    const head = faults?.[0];
    if (!head) return undefined;
    head.left -= 1;
    if (head.left <= 0) faults.shift();
    return head.kind;
  };
  return {
    add({ kind, times = 1, on = 'api', pages = 2 }) {
      const queue = isOfPages(kind) ? 'page' : on;
      queues.set(queue, [...(queues.get(queue) ?? []), { kind, left: times, pages }]);
    },
    takeReply: (on) => take(on) as ReplyFault | undefined,
    takePage(reaches) {
      const [head] = queues.get('page') ?? [];
      const pages = head?.kind === 'loop-cursor' ? head.pages - 1 : 0;
      return reaches(pages) && take('page') !== undefined;
    },
  };
}
