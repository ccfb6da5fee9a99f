import { readFences } from '../pages/read-fences.ts';

export interface Drawing {
  /** The line of its fence, from 1. */
  line: number;
  text: string;
}

/**
 * Returns the Mermaid blocks of a page.
 * @throws Error naming the line of one that is not closed
 */
export function readDrawings(page: string): Drawing[] {
  return readFences(page)
    .fences.filter(({ language }) => language === 'mermaid')
    .map(({ line, rows, closed }) => {
      if (!closed) throw new Error(`the drawing of line ${line} is not closed`);
      return { line, text: rows.map((row) => row.replace(/^>+ ?/, '')).join('\n') };
    });
}
