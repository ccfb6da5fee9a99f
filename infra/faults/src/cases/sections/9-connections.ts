import { expectAll, expectEach, type Section } from '../case.ts';
import { preflights } from '../entry-points/preflights.ts';
import { schedules } from '../entry-points/schedules.ts';

export const connections: Section = {
  title: '9. Connections, schedules and consumer groups',
  groups: [
    expectEach(schedules, [
      [['30 2 * * *', 'Europe/Berlin', '2027-03-27T12:00Z'], '2027-03-28T01:00Z, 2027-03-29T00:30Z'],
      [['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z'], '2026-10-25T00:30Z, 2026-10-26T01:30Z'],
      [['0 0 * * *', 'America/Santiago', '2027-09-04T12:00Z'], '2027-09-05T04:00Z, 2027-09-06T03:00Z'],
      [['0 0 * * *', 'Africa/Cairo', '2027-04-29T12:00Z'], '2027-04-29T22:00Z, 2027-04-30T21:00Z'],
      [['30 2 * * *', 'America/New_York', '2027-03-13T12:00Z'], '2027-03-14T07:00Z, 2027-03-15T06:30Z'],
      [['30 1 * * *', 'America/New_York', '2026-10-31T12:00Z'], '2026-11-01T05:30Z, 2026-11-02T06:30Z'],
      [['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00Z'], '2026-10-03T15:30Z, 2026-10-04T15:15Z'],
      [['0 5 30 12 *', 'Pacific/Apia', '2011-12-01T00:00Z'], '2011-12-30T10:00Z, 2012-12-29T15:00Z'],
      [['59 * * * *', 'Europe/Berlin', '2026-10-25T00:59Z'], '2026-10-25T02:59Z, 2026-10-25T03:59Z'],
      [['0 3 29 2 *', 'UTC', '2096-03-01T00:00Z'], '2104-02-29T03:00Z, 2108-02-29T03:00Z'],
      [['0 3 30 2 *', 'UTC', '2026-11-07T00:00Z'], 'never'],
    ]),
    expectAll(preflights, 'allowed', [
      'tracestate',
      'traceparent, tracestate, baggage',
      'authorization, content-type, connect-protocol-version, connect-timeout-ms',
      'b3, x-b3-traceid, x-b3-spanid, x-b3-sampled',
    ]),
    expectEach(preflights, [['cookie2, tracestate', 'refused: cookie2']]),
  ],
  specs: [
    ['streams get their grace period, calls survive a GOAWAY', 'apps/api/test/connection-age.spec.ts'],
    ['every zone, ten years: each firing is as predicted', 'infra/faults/test/schedules.spec.ts'],
    ['an importer fires as predicted', 'apps/importer/test/schedules.spec.ts'],
    ['a missing or deleted topic stops no other topic', 'apps/worker/test/kafka-faults.spec.ts'],
    ['records in partitions that were added later', 'libs/events/test/kafka-client-records.spec.ts'],
    ['a SIGKILL followed by a join: below 12 s', 'libs/events/test/member-killed.spec.ts'],
    ['a foreign row lock: UNAVAILABLE with RetryInfo', 'apps/api/test/row-locks.spec.ts'],
  ],
};
