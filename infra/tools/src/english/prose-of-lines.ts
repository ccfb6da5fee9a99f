import { paragraphs, type Prose, type ProseLine } from './prose.ts';

/** The mark of a comment to the end of its line, by the end of the file's name. */
const MARKS: Readonly<Record<string, string>> = { go: '//', java: '//', js: '//' };
/** Languages with comments that have an end. */
const BLOCKS = ['go', 'java', 'js'];

/** Returns the comments of a file that is read line by line. A mark within quotes starts none. */
export function proseOfLines(file: string, text: string): Prose[] {
  const end = file.slice(file.lastIndexOf('.') + 1);
  const mark = MARKS[end] ?? '#';
  const comments: ProseLine[] = [];
  let inBlock = false;
  text.split('\n').forEach((row, n) => {
    const line = row.endsWith('\r') ? row.slice(0, -1) : row;
    const add = (words: string, isTrailing: boolean) =>
      comments.push({ number: n + 1, columns: line.length, text: words.trim(), isTrailing });
    if (inBlock) {
      const [inside = ''] = line.split('*/');
      add(inside.trim().replace(/^\* ?/, ''), false);
      inBlock = !line.includes('*/');
      return;
    }
    const at = startOf(line, mark);
    const block = BLOCKS.includes(end) ? startOf(line, '/*') : -1;
    if (block >= 0 && (at < 0 || block < at)) {
      add(line.slice(block + 2).split('*/')[0] ?? '', line.slice(0, block).trim() !== '');
      inBlock = !line.slice(block).includes('*/');
    } else if (at >= 0 && !line.startsWith('#!')) {
      let from = at + mark.length;
      while (line.charAt(from) === mark.charAt(0)) from++;
      add(line.slice(from), line.slice(0, at).trim() !== '');
    }
  });
  return paragraphs(comments);
}

/**
 * The place of a mark outside of quotes, or -1. A mark of YAML or shell needs a space before it. An
 * apostrophe within a word is no quote.
 */
function startOf(line: string, mark: string): number {
  let quote = '';
  for (let n = 0; n < line.length; n++) {
    const char = line.charAt(n);
    if (quote) {
      if (char === quote) quote = '';
    } else if (line.startsWith(mark, n) && (mark !== '#' || n === 0 || /\s/.test(line.charAt(n - 1))))
      return n;
    else if (char === '"' || (char === "'" && !/\w/.test(line.charAt(n - 1)))) quote = char;
  }
  return -1;
}
