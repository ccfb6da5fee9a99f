/** Chooses a form of a noun. A language with more forms than two writes its own function. */
export const one = (count: number | bigint, singular: string, plural: string): string =>
  Number(count) === 1 ? singular : plural;
