import { BANNED } from './words.ts';

const insteadOf = new Map(Object.entries(BANNED));
const LONGEST = Math.max(...[...insteadOf.keys()].map((phrase) => phrase.split(' ').length));

/**
 * Finds the banned words and phrases of a text. A word in backticks, or within a path, an address or a name
 * with hyphens, is not one.
 * @returns each as it is written, with what to write instead
 */
export function findBanned(text: string): { found: string; instead: string }[] {
  const words = text
    .replaceAll(/`[^`]*`/g, '``')
    .split(' ')
    .filter((word) => word !== '')
    .map(withoutMarks);
  return words.flatMap((_, n) => {
    for (let length = 1; length <= LONGEST; length++) {
      const found = words.slice(n, n + length).join(' ');
      const instead = insteadOf.get(found.toLowerCase());
      if (instead !== undefined) return [{ found, instead }];
    }
    return [];
  });
}

const MARKS = '.,:;!?()[]{}"\'*_<>';

/** Takes the punctuation off both ends of a word. */
function withoutMarks(word: string): string {
  let [from, to] = [0, word.length];
  while (from < to && MARKS.includes(word.charAt(from))) from++;
  while (to > from && MARKS.includes(word.charAt(to - 1))) to--;
  return word.slice(from, to);
}
