import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { int32Of, int64Of, instantOf, uuidOf, type Inbound } from './inbound/fields.ts';
import { isRawNumber, JsonNumber } from './inbound/parse-json.ts';
import { LONGEST_ID, LONGEST_SEGMENT, textProblem } from './storable.ts';

/**
 * The part of a field's value that is kept where others than its reader see it. An object: only these fields
 * of it; a form: only a value of that form; `removed`: only that it was there.
 */
export type Kept = KeptForm | 'removed' | KeptFields;

/** `id`: one word of ASCII; `text`: a name of several words, which the schema must ask for by itself, see TEXTS. */
export type KeptForm = 'id' | 'int32' | 'int64' | 'text' | 'time' | 'uuid';

/** By every name that a producer may write. A field that is not in it is not kept. */
export type KeptFields = Readonly<{ [field: string]: Kept }>;

/** Names of a person. Not customer_id: that is our own id, and says nothing to anybody else. */
const NAMES_OF_PERSONS = ['email', 'external_id'];

/** Our own ids; a producer that puts another name into one has made a mistake, not an id. */
const OWN_IDS = ['customer_id', 'merchant_id'];

/** Names that merchants give to groups. Every other text is an id or a word, and more than one word may be a name. */
const TEXTS = ['segment'];

/** The kept fields of an event's bodies, from its schema: a new field is decided when it is declared. */
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
  // Lists, maps, bytes, enums: no body that comes in has one, and what may be kept of it is to be thought about then.
  return 'removed';
}

/** No space, so no first and last name, and no letter that names alone have. The space around it is not read. */
const ID = /^[!-~]+$/;
const isId = (text: string): boolean => text.length <= LONGEST_ID && ID.test(text.trim());

/** The readers themselves decide: a value that they do not read as the type is not of it. */
const FORMS: Readonly<Record<KeptForm, (value: Inbound) => boolean>> = {
  id: (value) => isNumber(value) || (typeof value === 'string' && isId(value)),
  text: (value) => isNumber(value) || (typeof value === 'string' && !textProblem(value, LONGEST_SEGMENT)),
  int32: (value) => reads(() => int32Of('', value)),
  int64: (value) => reads(() => int64Of('', value)),
  time: (value) => reads(() => instantOf('', value)),
  uuid: (value) => reads(() => uuidOf('', value)),
};

/** A number that stands for an id: beyond this length it is none. */
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

/** Whether a value of JSON has the form; its numbers may be written as they were read. */
export const hasForm = (form: KeptForm, value: unknown): boolean =>
  FORMS[form]((isRawNumber(value) ? new JsonNumber(JSON.stringify(value)) : value) as Inbound);
