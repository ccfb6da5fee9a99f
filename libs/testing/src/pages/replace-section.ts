export interface Section {
  name: string;
  /** The command that writes the section, as named in its first mark. */
  by: string;
  text: string;
}

/**
 * Replaces the text between the two marks of a section.
 * @param page the file name for the error message
 * @throws Error when the content lacks the marks
 */
export function replaceSection(content: string, { name, by, text }: Section, page: string): string {
  const [begin, end] = [`<!-- ${name}: written by ${by} -->`, `<!-- ${name}: end -->`];
  const from = content.indexOf(begin);
  const to = content.indexOf(end);
  if (from < 0 || to < from)
    throw new Error(`${page} has no section ${name}: it needs the marks ${begin} and ${end}`);
  return `${content.slice(0, from + begin.length)}\n\n${text}\n\n${content.slice(to)}`;
}
