/** A Shopify rule that a client broke. The detail names fields and rules, never values or persons. */
export interface Violation {
  rule: string;
  detail: string;
  times: number;
  /** Each time, when the client was told what it has ignored, in ms of Shopify's clock. */
  toldMs?: number[];
}

export interface Violations {
  add(rule: string, detail: string, toldMs?: number): void;
  list(): Violation[];
}

const MAX_TOLD = 100;

/** Equal violations share one entry with a count, so that a client in a loop cannot fill the memory. */
export function createViolations(): Violations {
  const found = new Map<string, Violation>();
  return {
    add(rule, detail, toldMs) {
      const key = `${rule}|${detail}`;
      const known = found.get(key) ?? { rule, detail, times: 0 };
      found.set(key, known);
      known.times += 1;
      if (toldMs !== undefined && known.times <= MAX_TOLD) (known.toldMs ??= []).push(toldMs);
    },
    list: () => [...found.values()].map((violation) => ({ ...violation })),
  };
}
