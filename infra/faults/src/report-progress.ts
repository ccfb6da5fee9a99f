const REPORT_EVERY_MS = 10_000;

/** Reports the progress of a long run every ten seconds: a run without output looks as if it hangs. */
export function reportProgress(say: (line: string) => void): (line: () => string) => void {
  let reportedAt = performance.now();
  return (line) => {
    if (performance.now() - reportedAt < REPORT_EVERY_MS) return;
    reportedAt = performance.now();
    say(`...    ${line()}`);
  };
}
