/**
 * Removes the trailing characters that are in `characters`. A regular expression would be quadratic: it
 * restarts at each of them.
 */
export function withoutLast(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
