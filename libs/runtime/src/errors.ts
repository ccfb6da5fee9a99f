/** The service's own error kinds; api maps them to gRPC and Connect codes in one table. */
export type ErrorKind =
  | 'invalid_argument'
  | 'not_found'
  | 'already_exists'
  | 'failed_precondition'
  | 'aborted'
  | 'permission_denied'
  | 'unauthenticated'
  | 'unavailable';

/**
 * An error whose message is meant for the caller. It names the field, never a person's value. Every other
 * error is unforeseen: the caller receives only a request id.
 */
export class CoreError extends Error {
  override name = 'CoreError';
  readonly kind: ErrorKind;
  readonly field: string | undefined;

  constructor(kind: ErrorKind, message: string, options: { field?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.field = options.field;
  }
}

/** `field` is the request's snake_case name; the message reads "email: must contain one @". */
export const invalid = (field: string, expectation: string) =>
  new CoreError('invalid_argument', `${field}: ${expectation}`, { field });

/** The id was used before for another event or request: treating this one as a repetition would lose it. */
export class IdReused extends CoreError {
  override name = 'IdReused';

  constructor(field: string, usedFor: string) {
    super('invalid_argument', `${field}: is already used for ${usedFor}`, { field });
  }
}

/** Also for a customer of another merchant, or an erased one: existence is not disclosed. */
export const notFound = (what: string) => new CoreError('not_found', `${what} not found`);
