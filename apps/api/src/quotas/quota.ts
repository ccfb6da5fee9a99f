import type { Variable } from '@core/runtime';

/** The cost classes of calls. Each has its own limit: a flood in one class leaves the others unaffected. */
export const COSTS = ['score_reads', 'reads', 'writes', 'exports'] as const;
export type Cost = (typeof COSTS)[number];

/** The limits, with their names in CORE_QUOTA_... and in the metrics. */
export const LIMITS = [...COSTS, 'in_flight', 'streams'] as const;
export type Limit = (typeof LIMITS)[number];

/**
 * Limits of one holder in one process: calls a second by cost, concurrent calls and streams. Infinity: no
 * limit.
 */
export type Quota = Readonly<Record<Limit, number>>;

/**
 * A process answers some 10,000 score reads a second and works on 4,096 calls at once. The rates are higher
 * than an honest service can use on one process, so that only a flood reaches them. The concurrency limits
 * protect the other callers: a call waits for at most a quarter of the process's calls.
 */
const CALLER: Quota = {
  score_reads: 20_000,
  reads: 5_000,
  writes: 2_000,
  exports: 50,
  in_flight: 1_024,
  streams: 256,
};

/**
 * The quota of one merchant over all callers: a fraction of the process, because a platform has many
 * merchants.
 */
const MERCHANT: Quota = {
  score_reads: 20_000,
  reads: 2_500,
  writes: 1_000,
  exports: 20,
  in_flight: 512,
  streams: 64,
};

const format = (quota: Quota): string => LIMITS.map((limit) => `${limit}=${quota[limit]}`).join(',');

/**
 * Parses name=number,name=number; an omitted name keeps its default, 0 removes the limit.
 * @throws Error with the expected form
 */
export function parseQuota(raw: string, defaults: Quota): Quota {
  const quota: Record<Limit, number> = { ...defaults };
  const seen = new Set<string>();
  for (const part of raw.split(',')) {
    const [, name = '', digits = ''] = /^\s*([a-z_]{1,20})\s*=\s*(\d{1,9})\s*$/.exec(part.slice(0, 64)) ?? [];
    if (!(LIMITS as readonly string[]).includes(name)) {
      throw new Error(`must be name=number,name=number with these names: ${LIMITS.join(', ')}`);
    }
    if (seen.has(name)) throw new Error(`must name ${name} once`);
    seen.add(name);
    quota[name as Limit] = Number(digits) || Infinity;
  }
  return quota;
}

const variable = (doc: string, defaults: Quota): Variable<Quota> => ({
  doc,
  example: format(defaults),
  secret: false,
  parse: (raw) => (raw === undefined ? defaults : parseQuota(raw, defaults)),
});

export const quotaEnv = {
  CORE_QUOTA_CALLER: variable(
    'limits of one caller in each process: calls a second by cost, calls and streams at once; 0: no limit',
    CALLER,
  ),
  CORE_QUOTA_MERCHANT: variable('the same limits for one merchant, over all its callers', MERCHANT),
};
