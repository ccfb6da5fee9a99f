import { membersOf, plain, snakeCase } from './json-members.ts';

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
