const OPENING = /^(?:Whom?|Of|So|What)\b/;
const SENTENCE_END = /[.:;|] /;
/** Longer ones first. */
const MARKERS = ['/**', '/*', '*', '//', '--', '#'];
/** The mark between code and a comment behind it, by the end of the file's name; ` // ` elsewhere. */
const TRAILING: Record<string, string> = { sql: ' -- ', sh: ' # ', yml: ' # ', yaml: ' # ' };

/**
 * The lines with a sentence that opens with Who, Whom, Of, So or What. Such a sentence names its subject late, and its
 * reader has to decode it. A heading of a page is no sentence.
 * @param file decides how its lines are read: pages (.md), or comments of a source
 * @returns line: text, lines counted from 1
 */
export const badOpenings = (file: string, text: string): string[] =>
  text.split('\n').flatMap((line, n) => {
    const prose = file.endsWith('.md')
      ? proseOfPage(line)
      : proseOfSource(line, TRAILING[file.slice(file.lastIndexOf('.') + 1)] ?? ' // ');
    const opens = prose.split(SENTENCE_END).some((sentence) => OPENING.test(sentence.trim()));
    return opens ? [`${n + 1}: ${line.trim()}`] : [];
  });

function proseOfPage(line: string): string {
  if (line.startsWith('#')) return '';
  const bare = line.trim();
  return bare.startsWith('- ') || bare.startsWith('* ') ? bare.slice(2) : bare;
}

/** The comment of a line; empty without one. */
function proseOfSource(line: string, trailing: string): string {
  const bare = line.trim();
  const marker = MARKERS.find((each) => bare.startsWith(each));
  if (marker) return bare.slice(marker.length);
  const at = line.indexOf(trailing);
  return at < 0 ? '' : line.slice(at + trailing.length);
}
