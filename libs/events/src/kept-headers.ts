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

/** RFC 3339, as CloudEvents asks for it: any other time may be a number of something else. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i;

/** Every header that something reads, and the form of its value: no word that a producer chooses, but for its ids. */
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
  // Its head is a JSON object, which begins with `{`, in base64url.
  [SIGNATURE_HEADER, fits(/^e[wy][\w-]+\.\.[\w-]+$/)],
]);

/**
 * Without one of these a record would be another event: a value that lacks its form stands as removed, and
 * keeps the record from a redrive.
 */
const IDENTIFYING = [CE_ID, CE_SOURCE];

/** On what is kept of a record: how many of its headers are not. */
export const HEADERS_LEFT_OUT = 'dlq_headers_left_out';

/**
 * The headers of a record that may be kept where others than its reader see them: by name and form. Rejected: all of them
 * but for their emails, because a producer may put a person's name into one, and into its name; and the names of the
 * others, for the same reason.
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
  // A parked event that becomes a dead letter is cleaned twice.
  const leftOut = given.length - kept.length + (/^\d{1,6}$/.test(before) ? Number(before) : 0);
  return { ...Object.fromEntries(kept), ...(leftOut > 0 ? { [HEADERS_LEFT_OUT]: String(leftOut) } : {}) };
}
