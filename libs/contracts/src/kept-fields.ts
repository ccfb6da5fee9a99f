import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';

/**
 * What is kept of a field's value where others than its reader see it. An object: only these fields of it.
 * `uuid`: only an id of ours; `removed`: nothing but that it was there.
 */
export type Kept = 'text' | 'uuid' | 'removed' | KeptFields;

/** By every name that a producer may write. What is not in it is not kept. */
export type KeptFields = Readonly<{ [field: string]: Kept }>;

/** Names of a person. Not customer_id: that is our own id, and says nothing to anybody else. */
const NAMES_OF_PERSONS = ['email', 'external_id'];

/** Our own id of a person; a producer that puts another name into it has made a mistake, not an id. */
const OWN_ID = 'customer_id';

/** What may be kept of the bodies of an event. From its schema, so that a new field is decided when it is declared. */
export const keptFields = ({ fields }: DescMessage): KeptFields =>
  Object.fromEntries(
    fields.flatMap((field) => {
      const kept = keptOf(field);
      return [
        [field.name, kept],
        [field.jsonName, kept],
      ];
    }),
  );

function keptOf(field: DescField): Kept {
  if (NAMES_OF_PERSONS.includes(field.name)) return 'removed';
  if (field.name === OWN_ID) return 'uuid';
  if (field.fieldKind === 'scalar' && field.scalar !== ScalarType.BYTES) return 'text';
  if (field.fieldKind === 'enum') return 'text';
  if (field.fieldKind === 'message') {
    return field.message.typeName === 'google.protobuf.Timestamp' ? 'text' : keptFields(field.message);
  }
  // Lists, maps, bytes: no body that comes in has one, and what may be kept of it is to be thought about then.
  return 'removed';
}
