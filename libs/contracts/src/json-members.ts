/** Strings, and what separates the parts of objects and lists; numbers and words are what lies between. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/gs;

/**
 * Names and values of an object, as they are written. In one pass, without recursion, so that no depth of a value that
 * nobody reads costs the others.
 * @param json of which a parser has said that it is JSON: else the search may take minutes. A text that is no object has none
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

/** A name of protobuf's JSON, as its schema has it. */
export const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The same of every spelling of a value, except for numbers: each digit counts. */
export const plain = (json: string): string =>
  json.replace(/("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\r\n]+/gs, (_, text?: string) =>
    text === undefined ? '' : text.includes('\\') ? JSON.stringify(JSON.parse(text)) : text,
  );
