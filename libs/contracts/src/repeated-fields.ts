import { membersOf, normalizeJson, snakeCase } from './json-members.ts';

/**
 * Returns the fields that a JSON object, or an object directly in it, contains more than once with different
 * values: external_id, customer.id. JSON.parse keeps only the last value. A name in both of protobuf's
 * spellings, customer_id and customerId, is one field; null in only one of the two spellings does not count.
 * No body that we receive has names at a deeper level.
 * @param json must have been accepted by a JSON parser: otherwise the search may take minutes. JSON that is
 *   not an object has no such fields
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
    const value = normalizeJson(text);
    const same = field.bySpelling.get(spelling) ?? value;
    if (value !== 'null') field.given ??= value;
    field.differs = value !== same || (value !== 'null' && value !== field.given);
    field.bySpelling.set(spelling, value);
  }
  return fields;
}
