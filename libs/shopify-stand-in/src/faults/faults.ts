import type { Reply } from '../reply.ts';

/** A fault of a reply. */
export type ReplyFault =
  | 'http429' // with Retry-After: 2.0
  | 'http429-bare' // without
  | 'http500'
  | 'http503'
  | 'unauthorized'
  | 'drop' // the connection closes without a reply
  | 'hang' // no reply, the connection stays
  | 'truncate' // half of the body, then the connection closes
  | Reply; // this one, in place of the shop's

/** A fault of the way to the next page. */
export type PageFault =
  | 'repeat-cursor' // the next page is this one
  | 'loop-cursor'; // the next page is an earlier one: the one before this, or the first of so many

export type FaultKind = ReplyFault | PageFault;

export interface Fault {
  kind: FaultKind;
  times?: number;
  /** The Admin API (default), the file of a bulk operation, or the token endpoint. */
  on?: FaultTarget;
  /** How many pages the circle of a loop-cursor has, 2 unless said. It waits for a page with so many before it. */
  pages?: number;
}
export type FaultTarget = 'api' | 'file' | 'oauth';

export interface Faults {
  add(fault: Fault): void;
  takeReply(on: FaultTarget): ReplyFault | undefined;
  /**
   * Whether the next page is an earlier one.
   * @param reaches whether the list goes so many pages back from where this page began, which are none for the same page
   */
  takePage(reaches: (pages: number) => boolean): boolean;
}

const isOfPages = (kind: FaultKind): kind is PageFault => kind === 'repeat-cursor' || kind === 'loop-cursor';

/** Faults queue up; a page fault waits for the next reply that has a next page. */
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
