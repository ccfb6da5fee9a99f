/** @returns the lines of a run that are neither a scenario that passed, nor the seed, a measurement or progress */
export const violationsIn = (lines: string[]): string[] =>
  lines.filter((line) => !/^(ok|seed|info|\.\.\.)/.test(line));
