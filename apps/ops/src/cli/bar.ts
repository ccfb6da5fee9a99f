const WIDTH = 30;

/** Draws the completed share as a bar; more than 100% is drawn as 100%. */
export function bar(done: number, all: number): string {
  const full = Math.round(WIDTH * Math.min(1, done / Math.max(1, all)));
  return `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`;
}
