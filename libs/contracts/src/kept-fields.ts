import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { int32Of, int64Of, instantOf, uuidOf, type Inbound } from './inbound/fields.ts';
import { isRawNumber, JsonNumber } from './inbound/parse-json.ts';
import { LONGEST_ID, LONGEST_SEGMENT, textProblem } from './storable.ts';

/**
 * The part of a field's value that may be kept where others than its reader see it. An object: only these of
 * its fields. A form: only a value of that form. `removed`: only the fact that it was there.
 */
export type Kept = KeptForm | 'removed' | KeptFields;

/** `id`: one ASCII word. `text`: a name of several words, allowed only for the fields in TEXTS. */
export type KeptForm = 'id' | 'int32' | 'int64' | 'text' | 'time' | 'uuid';

/** Keyed by every name that a producer may write. An unlisted field is not kept. */
export type KeptFields = Readonly<{ [field: string]: Kept }>;

/**
 * Fields that identify a person. customer_id is not one of them: it is our own id and means nothing to
 * others.
 */
const NAMES_OF_PERSONS = ['email', 'external_id'];

/** Our own ids. Any other name in such a field is a producer's mistake and is not kept. */
const OWN_IDS = ['customer_id', 'merchant_id'];

/**
 * Names that merchants give to groups. All other strings are ids or single words: several words may be a
 * person's name.
 */
const TEXTS = ['segment'];

/**
 * Derives the kept fields of an event's body from its schema, so that a new field is classified when it is
 * declared.
 */
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

const OF_NUMBERS: Partial<Record<ScalarType, KeptForm>> = {
  [ScalarType.INT32]: 'int32',
  [ScalarType.INT64]: 'int64',
};

function keptOf(field: DescField): Kept {
  if (NAMES_OF_PERSONS.includes(field.name)) return 'removed';
  if (OWN_IDS.includes(field.name)) return 'uuid';
  if (field.fieldKind === 'scalar') {
    if (field.scalar === ScalarType.STRING) return TEXTS.includes(field.name) ? 'text' : 'id';
    return OF_NUMBERS[field.scalar] ?? 'removed';
  }
  if (field.fieldKind === 'message') {
    return field.message.typeName === 'google.protobuf.Timestamp' ? 'time' : keptFields(field.message);
  }
  // Lists, maps, bytes, enums: no inbound body has one. Decide what to keep of the first one when it is
  // added.
  return 'removed';
}

/**
 * No spaces, and so no first and last name. No letters outside ASCII, which occur only in names. Surrounding
 * whitespace is ignored.
 */
const ID = /^[!-~]+$/;
const isId = (text: string): boolean => text.length <= LONGEST_ID && ID.test(text.trim());

/** The field readers decide: a value has a form when the reader of that form accepts it. */
const FORMS: Readonly<Record<KeptForm, (value: Inbound) => boolean>> = {
  id: (value) => isNumber(value) || (typeof value === 'string' && isId(value)),
  text: (value) => isNumber(value) || (typeof value === 'string' && !textProblem(value, LONGEST_SEGMENT)),
  int32: (value) => reads(() => int32Of('', value)),
  int64: (value) => reads(() => int64Of('', value)),
  time: (value) => reads(() => instantOf('', value)),
  uuid: (value) => reads(() => uuidOf('', value)),
};

/** A number may stand for an id, but not beyond this length. */
const LONGEST_NUMBER = 40;
const isNumber = (value: Inbound): boolean =>
  value instanceof JsonNumber && value.text.length <= LONGEST_NUMBER;

function reads(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

/** Returns whether a JSON value has the form. Its numbers may be raw numbers, see rawNumber. */
export const hasForm = (form: KeptForm, value: unknown): boolean =>
  FORMS[form]((isRawNumber(value) ? new JsonNumber(JSON.stringify(value)) : value) as Inbound);
