import { allTopics, CE_ID, CE_SOURCE, hasForm, Topic, traceparentOf, TRACEPARENT } from '@core/contracts';
import { REMOVED, withoutEmails } from './personal-data.ts';
import { SIGNATURE_HEADER } from './signature.ts';

const LONGEST = 1_024;

const fits =
  (form: RegExp) =>
  (value: string): boolean =>
    value.length <= LONGEST && form.test(value);
const isId = (value: string): boolean => hasForm('id', value);

const TYPES: readonly string[] = Object.values(Topic);

/** <topic>/<partition>/<offset> */
const POSITION = /^([\w.]{1,100})\/\d{1,6}\/\d{1,19}$/;
const isPosition = (value: string): boolean => allTopics().includes(POSITION.exec(value)?.[1] ?? '');

/** RFC 3339, as CloudEvents requires. A time in any other form may be a number that means something else. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i;

/**
 * Every header that is read, with the form of its value. Except for ids, no value is a word that a producer
 * chooses.
 */
const KNOWN = new Map<string, (value: string) => boolean>([
  ['ce_specversion', fits(/^\d\.\d$/)],
  [CE_ID, isId],
  ['ce_type', (value) => TYPES.includes(value)],
  [CE_SOURCE, isId],
  ['ce_time', (value) => RFC_3339.test(value) && hasForm('time', value)],
  [
    'content-type',
    fits(/^(?:application\/(?:(?:cloudevents\+)?json|octet-stream)|text\/plain)(?:; ?charset=utf-8)?$/i),
  ],
  [TRACEPARENT, (value) => traceparentOf(value) !== undefined],
  ['redriven_from', isPosition],
  // The header of the JWS is a JSON object, which starts with `{`, in base64url.
  [SIGNATURE_HEADER, fits(/^e[wy][\w-]+\.\.[\w-]+$/)],
]);

/**
 * Headers that identify the event. A value in another form is replaced by "[removed]", which prevents a
 * redrive: without the header, the record would be another event.
 */
const IDENTIFYING = [CE_ID, CE_SOURCE];

/** A header of a kept record: the number of its headers that were left out. */
export const HEADERS_LEFT_OUT = 'dlq_headers_left_out';

/**
 * Returns the headers of a record that may be kept where others than its reader see them, selected by name
 * and form. Rejected: keeping all headers without their emails, because a producer may put a person's name
 * into a value or into the name of a header. Rejected for the same reason: keeping the names of the other
 * headers.
 */
export function keptHeaders({
  [HEADERS_LEFT_OUT]: before = '',
  ...headers
}: Record<string, string>): Record<string, string> {
  const given = Object.entries(headers);
  const kept = given.flatMap(([name, value]) => {
    const hasItsForm = KNOWN.get(name);
    if (!hasItsForm) return [];
    if (value === '' || hasItsForm(value)) return [[name, withoutEmails(value)] as const];
    return IDENTIFYING.includes(name) ? [[name, REMOVED] as const] : [];
  });
  // A deferred event that becomes a dead letter is cleaned twice.
  const leftOut = given.length - kept.length + (/^\d{1,6}$/.test(before) ? Number(before) : 0);
  return { ...Object.fromEntries(kept), ...(leftOut > 0 ? { [HEADERS_LEFT_OUT]: String(leftOut) } : {}) };
}
