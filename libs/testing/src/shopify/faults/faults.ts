/** What befalls a reply. */
export type ReplyFault =
  | 'http429' // with Retry-After: 2.0
  | 'http429-bare' // without
  | 'http500'
  | 'http503'
  | 'unauthorized'
  | 'drop' // the connection closes without a reply
  | 'hang' // no reply, the connection stays
  | 'truncate'; // half of the body, then the connection closes

/** What befalls the way to the next page. */
export type PageFault =
  | 'repeat-cursor' // the next page is this one
  | 'loop-cursor'; // the next page is the one before this one

export type FaultKind = ReplyFault | PageFault;

export interface Fault {
  kind: FaultKind;
  times?: number;
  /** The Admin API (default), the file of a bulk operation, or the token endpoint. */
  on?: FaultTarget;
}
export type FaultTarget = 'api' | 'file' | 'oauth';

export interface Faults {
  add(fault: Fault): void;
  takeReply(on: FaultTarget): ReplyFault | undefined;
  takePage(): PageFault | undefined;
}

const PAGE_FAULTS: ReadonlySet<FaultKind> = new Set(['repeat-cursor', 'loop-cursor']);

/** Faults queue up; a page fault waits for the next reply that has a next page. */
export function createFaults(): Faults {
  const queues = new Map<string, { kind: FaultKind; left: number }[]>();
  const take = (queue: string): FaultKind | undefined => {
    const faults = queues.get(queue);
    const head = faults?.[0];
    if (!head) return undefined;
    head.left -= 1;
    if (head.left <= 0) faults.shift();
    return head.kind;
  };
  return {
    add({ kind, times = 1, on = 'api' }) {
      const queue = PAGE_FAULTS.has(kind) ? 'page' : on;
      queues.set(queue, [...(queues.get(queue) ?? []), { kind, left: times }]);
    },
    takeReply: (on) => take(on) as ReplyFault | undefined,
    takePage: () => take('page') as PageFault | undefined,
  };
}
