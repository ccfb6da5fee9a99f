/**
 * A piece of running text: one paragraph of a comment, of a page, or of a text that a person reads in other
 * code (a description, the message of an exception). A string is a literal that a person may read.
 */
export interface Prose {
  kind: 'comment' | 'text' | 'string' | 'page' | 'heading' | 'cell';
  /** The lines as written in the file, without the marks of a comment. */
  lines: readonly ProseLine[];
}

export interface ProseLine {
  /** From 1. */
  number: number;
  text: string;
  /** Columns of the whole line in the file. */
  columns: number;
  /** The comment follows code on its line. */
  isTrailing?: boolean;
}

/** Joins consecutive lines to paragraphs. An empty line, a tag or a list item starts a new one. */
export function paragraphs(lines: readonly ProseLine[], kind: Prose['kind'] = 'comment'): Prose[] {
  const found: ProseLine[][] = [];
  let before: ProseLine | undefined;
  for (const line of lines) {
    const text = line.text.trim();
    const opens =
      !before ||
      line.isTrailing === true ||
      before.isTrailing === true ||
      line.number !== before.number + 1 ||
      before.text.trim() === '' ||
      /^(?:@\w|[-*] |\d+\. )/.test(text);
    before = line;
    if (text === '') continue;
    const bare = { ...line, text: text.replace(/^(?:[-*]|\d+\.) /, '') };
    const last = opens ? undefined : found.at(-1);
    if (last) last.push(bare);
    else found.push([bare]);
  }
  return found.map((each) => ({ kind, lines: each }));
}
