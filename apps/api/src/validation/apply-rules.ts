import type { DescMessage, Message } from '@bufbuild/protobuf';
import type { CustomerId, ExternalId, ImportId, MerchantId } from '@core/contracts';

/** Position of a value in the request. */
export interface FieldContext {
  /** The field's name in the request, with its path: filter.recency. */
  field: string;
  /** The whole message, for rules that check a second field. */
  message: Readonly<Record<string, unknown>>;
}

/**
 * Checks a value and returns it in its canonical form, such as a UUID in lower case.
 * @throws CoreError invalid_argument naming the field, never the value
 */
export type Rule<T, Checked = T> = (value: T, at: FieldContext) => Checked;

/** The fields whose rules parse them into their own types. */
interface Ids {
  merchantId: MerchantId;
  customerId: CustomerId;
  customerIds: CustomerId[];
  importId: ImportId;
  externalId: ExternalId;
}

/** A message after its rules; ids of the fields `Empty` may be empty, for "not given". */
export type Checked<M, Empty extends keyof M = never> = {
  [K in keyof M]: K extends keyof Ids
    ? Ids[K] | Extract<M[K], undefined> | (K extends Empty ? '' : never)
    : M[K];
};

/**
 * A rule for every field of a message. These mistakes do not compile: a missing rule, an extra rule, or a
 * rule whose result is less than the handler needs, such as an unparsed id.
 */
export type Rules<M, Result extends M = Checked<M> & M> = {
  readonly [K in Exclude<keyof M, '$typeName' | '$unknown'>]: Rule<M[K], Result[K]>;
};

export type AnyRules = Readonly<Record<string, Rule<unknown>>>;

/**
 * Checks `message` in the order of its rules and replaces the values with their canonical forms.
 * @param path prefix of the field names, such as `filter.`
 */
export function applyRules(desc: DescMessage, rules: AnyRules, message: Message, path = ''): void {
  const values = message as unknown as Record<string, unknown>;
  for (const [name, rule] of Object.entries(rules)) {
    values[name] = rule(values[name], { field: path + (desc.field[name]?.name ?? name), message: values });
  }
}
