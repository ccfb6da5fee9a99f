import { Code, ConnectError } from '@connectrpc/connect';

/** Each kind needs another step of a person. The words are in texts.ts. */
export type ErrorKind =
  | 'offline'
  | 'signedOut'
  | 'noPermission'
  | 'notFound'
  | 'refused'
  | 'busy'
  | 'unavailable'
  | 'outdated'
  | 'broken';

export interface Explained {
  kind: ErrorKind;
  /** The sentence of the api, for a refusal that only it can explain. */
  detail: string | undefined;
  /** Support finds the call by it. */
  requestId: string | undefined;
}

const KINDS: Partial<Record<Code, ErrorKind>> = {
  [Code.Unauthenticated]: 'signedOut',
  [Code.PermissionDenied]: 'noPermission',
  [Code.NotFound]: 'notFound',
  [Code.InvalidArgument]: 'refused',
  [Code.FailedPrecondition]: 'refused',
  [Code.AlreadyExists]: 'refused',
  [Code.Aborted]: 'refused',
  [Code.ResourceExhausted]: 'busy',
  [Code.Unavailable]: 'unavailable',
  [Code.DeadlineExceeded]: 'unavailable',
};
/** Kinds whose sentence by the api says more than ours. */
const DETAILED: readonly ErrorKind[] = ['refused', 'noPermission'];

/** The words of Chromium, Firefox and Safari for code that cannot be loaded. */
const MISSING_CHUNK = /dynamically imported module|Importing a module script failed/i;

/** Whether the error is about the code of a page, and not about a call. */
export const isMissingChunk = (thrown: unknown): boolean =>
  thrown instanceof TypeError && MISSING_CHUNK.test(thrown.message);

/** The only place that reads the error of a call. */
export function explainError(thrown: unknown, online = true): Explained {
  const error = ConnectError.from(thrown);
  const requestId = error.metadata.get('x-request-id') ?? undefined;
  // With a network, it is missing because the api has another build.
  if (online && isMissingChunk(error.cause)) return { kind: 'outdated', detail: undefined, requestId };
  // A browser reports a request that got no answer as a TypeError.
  if (!online || error.cause instanceof TypeError) return { kind: 'offline', detail: undefined, requestId };
  const kind = KINDS[error.code] ?? 'broken';
  const detail = DETAILED.includes(kind) ? sentenceOf(error.rawMessage) : undefined;
  return { kind, detail, requestId };
}

/** Whether the same call may succeed in a moment, without a person. */
export const isTemporary = (thrown: unknown): boolean =>
  ['offline', 'unavailable', 'busy'].includes(explainError(thrown).kind);

/** The path of a field of the request before the sentence, such as rfm_thresholds.segments[2].name. */
const FIELD = /^([a-z_.[\]\d]{1,80}): /;

/** A field that the api has refused, and its sentence about it. */
export interface RefusedField {
  field: string;
  text: string;
}

/** Returns the field that a call was refused for, for a page that has it as an input. */
export function refusedField(thrown: unknown): RefusedField | undefined {
  if (thrown === null || thrown === undefined) return undefined;
  const { rawMessage } = ConnectError.from(thrown);
  const [, field] = FIELD.exec(rawMessage) ?? [];
  const text = sentenceOf(rawMessage);
  return field && text ? { field, text } : undefined;
}

/** Removes the name of a field, which a person does not know. */
function sentenceOf(message: string): string | undefined {
  const text = message.replace(FIELD, '').trim();
  return text ? `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.` : undefined;
}
