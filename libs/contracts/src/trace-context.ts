/** W3C Trace Context, as a header of calls and of Kafka records. */
export const TRACEPARENT = 'traceparent';

const LENGTH = 55;

// version-trace_id-parent_id-flags; an id of zeros alone is invalid, version ff is forbidden.
const WELL_FORMED = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * The trace that a call or event belongs to, undefined when it names none or the value is not well formed: it
 * is passed on into rows and records, so nothing else may travel in it.
 */
export const traceparentOf = (given: string | undefined): string | undefined =>
  given?.length === LENGTH && WELL_FORMED.test(given) ? given : undefined;
