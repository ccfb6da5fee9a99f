const WIDTH = 30;

/** How much of it is done, drawn; more than all of it is all of it. */
export function bar(done: number, all: number): string {
  const full = Math.round(WIDTH * Math.min(1, done / Math.max(1, all)));
  return `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`;
}
