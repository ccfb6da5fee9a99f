/**
 * Matches strings and the punctuation of objects and lists. Numbers and literals are the text between them.
 */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/gs;

/**
 * Yields the names and values of an object as written. One pass without recursion: the depth of an unused
 * value does not slow down the others.
 * @param json must have been accepted by a JSON parser: otherwise the search may take minutes. JSON that is
 *   not an object yields nothing
 */
export function* membersOf(json: string): Iterable<[name: string, value: string]> {
  if (!json.trimStart().startsWith('{')) return;
  let [depth, from, last, name] = [0, 0, '', ''];
  for (const { 0: token, index } of json.matchAll(TOKEN)) {
    const closes = token === '}' || token === ']';
    if (closes) depth--;
    if (depth === 0 && closes ? from > 0 : depth === 1 && token === ',') {
      yield [name, json.slice(from, index).trim()];
    } else if (depth === 1 && token === ':') {
      name = JSON.parse(last) as string;
      from = index + 1;
    }
    if (token === '{' || token === '[') depth++;
    last = token;
  }
}

/** Returns the schema's spelling of a name in protobuf's JSON. */
export const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * Normalizes whitespace and escapes, so that equal values are equal strings. Numbers stay as written: each
 * digit counts.
 */
export const normalizeJson = (json: string): string =>
  json.replace(/("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\r\n]+/gs, (_, text?: string) =>
    text === undefined ? '' : text.includes('\\') ? JSON.stringify(JSON.parse(text)) : text,
  );
