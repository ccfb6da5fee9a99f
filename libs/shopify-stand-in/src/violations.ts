/** A Shopify rule that a client broke. The detail names fields and rules, never values or persons. */
export interface Violation {
  rule: string;
  detail: string;
  times: number;
}

export interface Violations {
  add(rule: string, detail: string): void;
  list(): Violation[];
}

/** Equal violations share one entry with a count, so that a client in a loop cannot fill the memory. */
export function createViolations(): Violations {
  const found = new Map<string, Violation>();
  return {
    add(rule, detail) {
      const key = `${rule}|${detail}`;
      const known = found.get(key);
      if (known) known.times += 1;
      else found.set(key, { rule, detail, times: 1 });
    },
    list: () => [...found.values()].map((violation) => ({ ...violation })),
  };
}
