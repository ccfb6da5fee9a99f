/** The W3C Trace Context header of calls and of Kafka records. */
export const TRACEPARENT = 'traceparent';

const LENGTH = 55;

// version-trace_id-parent_id-flags; an id of zeros alone is invalid, version ff is forbidden.
const WELL_FORMED = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Returns the trace context of a call or an event; undefined when it is absent or not well formed. The value
 * is copied into rows and records, so nothing else may be carried in it.
 */
export const traceparentOf = (given: string | undefined): string | undefined =>
  given?.length === LENGTH && WELL_FORMED.test(given) ? given : undefined;
