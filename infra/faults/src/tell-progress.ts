const TELL_EVERY_MS = 10_000;

/** Says how far a long run has come, every ten seconds: a run that says nothing is taken for one that hangs. */
export function tellProgress(say: (line: string) => void): (line: () => string) => void {
  let told = performance.now();
  return (line) => {
    if (performance.now() - told < TELL_EVERY_MS) return;
    told = performance.now();
    say(`...    ${line()}`);
  };
}
