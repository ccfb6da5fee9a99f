import type { DescMessage, Message } from '@bufbuild/protobuf';
import type { CustomerId, ExternalId, ImportId, MerchantId } from '@core/contracts';

/** Where a value stands. */
export interface At {
  /** The request's own name of the field, with its path: filter.recency. */
  field: string;
  /** The whole message, for rules that look at a second field. */
  message: Readonly<Record<string, unknown>>;
}

/**
 * Checks a value and returns it in its canonical form, such as a UUID in lower case.
 * @throws CoreError invalid_argument naming the field, never the value
 */
export type Rule<T, Checked = T> = (value: T, at: At) => Checked;

/** The fields whose rules parse them into a type of their own. */
interface Ids {
  merchantId: MerchantId;
  customerId: CustomerId;
  customerIds: CustomerId[];
  importId: ImportId;
  externalId: ExternalId;
}

/** A message as its rules leave it; ids of the fields `Empty` may be empty, for "not given". */
export type Checked<M, Empty extends keyof M = never> = {
  [K in keyof M]: K extends keyof Ids
    ? Ids[K] | Extract<M[K], undefined> | (K extends Empty ? '' : never)
    : M[K];
};

/**
 * A rule for every field of a message: a forgotten one, one too many, or one that gives less than the handler takes, such
 * as an id that is not parsed, does not compile.
 */
export type Rules<M, Taken extends M = Checked<M> & M> = {
  readonly [K in Exclude<keyof M, '$typeName' | '$unknown'>]: Rule<M[K], Taken[K]>;
};

export type AnyRules = Readonly<Record<string, Rule<unknown>>>;

/**
 * Checks `message` in the order of its rules and puts the canonical values in their place.
 * @param path what stands before the fields' names, such as `filter.`
 */
export function applyRules(desc: DescMessage, rules: AnyRules, message: Message, path = ''): void {
  const values = message as unknown as Record<string, unknown>;
  for (const [name, rule] of Object.entries(rules)) {
    values[name] = rule(values[name], { field: path + (desc.field[name]?.name ?? name), message: values });
  }
}
