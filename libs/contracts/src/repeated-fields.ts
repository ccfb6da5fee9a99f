/** Strings, and what separates the parts of objects and lists; numbers and words are what lies between. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/gs;

/**
 * The fields that an object of JSON, or one of the objects that are its own fields, gives more than once with different
 * values: external_id, customer.id. JSON.parse keeps the last value and forgets the others. One name in both of
 * protobuf's spellings, customer_id and customerId, is one field, and null is none in one of the two. Nothing that we
 * are sent has its names deeper.
 * @param json of which a parser has said that it is JSON: else the search may take minutes. A text that is no object gives none
 */
export function repeatedFields(json: string): string[] {
  return [...fieldsOf(json)].flatMap(([name, { objects, differs }]) => [
    ...(differs ? [name] : []),
    ...objects.flatMap((object) =>
      [...fieldsOf(object)].flatMap(([inner, field]) => (field.differs ? [`${name}.${inner}`] : [])),
    ),
  ]);
}

/** A name of protobuf's JSON, as its schema has it. */
export const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

interface Field {
  /** By the spelling of the name. */
  bySpelling: Map<string, string>;
  /** Its values that are objects. */
  objects: string[];
  /** The first value that is not null. */
  given: string | undefined;
  differs: boolean;
}

function fieldsOf(json: string): Map<string, Field> {
  const fields = new Map<string, Field>();
  for (const [spelling, text] of membersOf(json)) {
    const name = snakeCase(spelling);
    const field: Field = fields.get(name) ?? {
      bySpelling: new Map(),
      objects: [],
      given: undefined,
      differs: false,
    };
    fields.set(name, field);
    if (text.startsWith('{')) field.objects.push(text);
    if (field.differs) continue;
    const value = plain(text);
    const same = field.bySpelling.get(spelling) ?? value;
    if (value !== 'null') field.given ??= value;
    field.differs = value !== same || (value !== 'null' && value !== field.given);
    field.bySpelling.set(spelling, value);
  }
  return fields;
}

/** Names and values of an object, as they are written. */
function* membersOf(json: string): Iterable<[name: string, value: string]> {
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

/** The same of every spelling of a value, except for numbers: each digit counts. */
const plain = (json: string): string =>
  json.replace(/("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\r\n]+/gs, (_, text?: string) =>
    text === undefined ? '' : text.includes('\\') ? JSON.stringify(JSON.parse(text)) : text,
  );
