import { BANNED } from './words.ts';

const insteadOf = new Map(Object.entries(BANNED));
const LONGEST = Math.max(...[...insteadOf.keys()].map((phrase) => phrase.split(' ').length));

/**
 * Finds the banned words and phrases of a text. A word in backticks, or within a path, an address or a name
 * with hyphens, is not one.
 * @returns each as written in the text, with its replacement
 */
export function findBanned(text: string): { found: string; instead: string }[] {
  const words = text
    .replaceAll(/`[^`]*`/g, '``')
    .split(/[\s\u00a0\u2014]/)
    .filter((word) => word !== '')
    .map(withoutMarks)
    .map((word) => word.replace(/['\u2019]s$/, ''));
  return words.flatMap((_, n) => {
    for (let length = 1; length <= LONGEST; length++) {
      const found = words.slice(n, n + length).join(' ');
      const instead = insteadOf.get(found.toLowerCase());
      if (instead !== undefined) return [{ found, instead }];
    }
    return [];
  });
}

const MARKS = '.,:;!?()[]{}"\'*_<>~\u201c\u201d\u2018\u2019';

/** Removes the punctuation from both ends of a word. */
function withoutMarks(word: string): string {
  let [from, to] = [0, word.length];
  while (from < to && MARKS.includes(word.charAt(from))) from++;
  while (to > from && MARKS.includes(word.charAt(to - 1))) to--;
  return word.slice(from, to);
}
