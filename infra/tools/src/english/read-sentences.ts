import type { Prose } from './prose.ts';

export interface Sentence {
  /** The line on which the sentence starts. */
  line: number;
  text: string;
}

/** The end of a sentence. A full stop after an abbreviation does not end one. */
const END = /(?<=[.!?]["')`\u201d\u2019]?)(?<!\b(?:e\.g|i\.e|vs|etc)\.) +/;

/** Returns the sentences of a paragraph, with the line on which each starts. */
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
