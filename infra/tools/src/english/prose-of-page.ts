import { readFences } from '../pages/read-fences.ts';
import type { Prose, ProseLine } from './prose.ts';

const QUOTE = /^(?:\s*>)+ ?/;
const ITEM = /^\s*(?:[-*+] |\d+[.)] )(?:\[[ xX]\] )?/;
const FOOTNOTE = /^\[\^[^\]]+\]:/;
/** A reference to a footnote, which may stand between two sentences. */
const REFERENCE = / ?\[\^[^\]]+\]/g;
/** The first line of a note in GitHub's form. */
const ALERT = /^\[![A-Z]+\]$/;

/** Returns the prose of a Markdown page: paragraphs, list items, headings and table cells, without code. */
export function proseOfPage(text: string): Prose[] {
  const found: Prose[] = [];
  let open: ProseLine[] = [];
  let before = { number: 0, depth: 0 };
  const close = () => {
    if (open.length > 0) found.push({ kind: 'page', lines: open });
    open = [];
  };
  for (const { number, text: line } of readFences(text).outside) {
    const [marks = ''] = QUOTE.exec(line) ?? [];
    const depth = marks.split('>').length;
    if (number !== before.number + 1 || depth !== before.depth) close();
    before = { number, depth };
    const at = { number, columns: line.length };
    const row = line.slice(marks.length);
    const bare = row.trim();
    if (bare === '' || ALERT.test(bare) || bare.startsWith('<!--')) close();
    else if (/^#{1,6} /.test(row)) {
      close();
      found.push({ kind: 'heading', lines: [{ ...at, text: bare.replace(/^#+ /, '') }] });
    } else if (bare.startsWith('|')) {
      close();
      // A table has the width of its cells.
      for (const cell of bare.split('|'))
        if (cell.trim())
          found.push({ kind: 'cell', lines: [{ ...at, columns: 0, text: withoutNotes(cell) }] });
    } else {
      if (ITEM.test(row) || FOOTNOTE.test(bare)) close();
      open.push({
        ...at,
        text: withoutNotes(
          row
            .replace(ITEM, '')
            .replace(/^[>\s]+/, '')
            .replace(FOOTNOTE, ''),
        ),
      });
    }
  }
  close();
  return found;
}

const withoutNotes = (text: string): string => text.replaceAll(REFERENCE, '').trim();
