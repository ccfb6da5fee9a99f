/** Returns the lines of a run that are neither a passed scenario, nor the seed or progress. */
export const violationsIn = (lines: string[]): string[] =>
  lines.filter((line) => !/^(ok|seed|\.\.\.)/.test(line));
