import type { Prose } from './prose.ts';

export interface Sentence {
  /** The line on which it begins. */
  line: number;
  text: string;
}

/** A stop after an abbreviation ends no sentence. */
const END = /(?<=[.!?]["')`]?)(?<!\b(?:e\.g|i\.e|vs|etc)\.) +/;

/** The sentences of a paragraph. Code in backticks keeps its place as one word. */
export function readSentences({ lines }: Prose): Sentence[] {
  const starts: { at: number; line: number }[] = [];
  let text = '';
  for (const { number, text: part } of lines) {
    if (text) text += ' ';
    starts.push({ at: text.length, line: number });
    text += part.trim();
  }
  let at = 0;
  return text.split(END).map((sentence) => {
    const begins = text.indexOf(sentence, at);
    at = begins + sentence.length;
    const line = starts.findLast((start) => start.at <= begins)?.line ?? 1;
    return { line, text: sentence };
  });
}
