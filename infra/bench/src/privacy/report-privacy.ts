import { reportFigures } from '../report-figures.ts';
import type { Measured } from '../rounds.ts';
import { rounded } from '../stats.ts';
import type { Report } from '../suite.ts';
import type { CreateSeries } from './create-overhead.ts';
import type { JwtSeries } from './jwt-read.ts';
import type { RotationProgress, RotationSeries } from './rotation.ts';

export type PrivacySeries = CreateSeries | JwtSeries | RotationSeries;

export interface PrivacyFound {
  clean: readonly Record<PrivacySeries, Measured>[];
  rotated: RotationProgress;
  machine: Record<string, unknown>;
  settings: Record<string, unknown>;
}

/** Description, floor and goal of each ratio. The project sets floors and goals for two cores. */
const FIGURES = {
  create_overhead: [
    'CreateCustomer/s with encryption, blind index, audit, outbox / transactions/s that only insert such a row',
    '>= 0.55',
    '>= 0.75',
  ],
  jwt_read: [
    'GetCustomerRFM calls/s, api that checks 1,000 tokens / api that checks none',
    '>= 0.85',
    '>= 0.95',
  ],
  rotation_p99: [
    'p99 latency of reads during the rotation of 1,000,000 emails / without it',
    '<= 2',
    '<= 1.3',
  ],
} as const;

/** Reports ratios, each computed from two measurements of the same round. */
export function reportPrivacy({ clean, rotated, machine, settings }: PrivacyFound): Report {
  return reportFigures({
    name: 'privacy',
    figures: FIGURES,
    values: {
      create_overhead: clean.map(({ create, bare_insert }) => create.perSecond / bare_insert.perSecond),
      jwt_read: clean.map(({ get_with_jwt, get_without }) => get_with_jwt.perSecond / get_without.perSecond),
      rotation_p99: clean.map(
        ({ read, read_while_rotating }) => (read_while_rotating.p99 ?? NaN) / (read.p99 ?? NaN),
      ),
    },
    clean,
    contestants: { key: 'series', unit: 'operations/s' },
    context: {
      before: { machine, settings },
      after: {
        rotated_per_second: rounded(rotated.rows / Math.max(rotated.seconds, 0.001)),
        rotated: rotated.rows,
      },
    },
  });
}
