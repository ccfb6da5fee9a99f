import type { Rows } from '@core/testing';
import type { DeclaredMetric } from './metric-declarations.ts';

/** The processes that report the metrics of a package. */
const REPORTED_BY: Readonly<Record<string, string>> = {
  'apps/api': 'api',
  'apps/worker': 'worker',
  'apps/importer': 'importer',
  'libs/events': 'worker',
  'libs/runtime': 'api, worker, importer',
};

export const metricsTable = (metrics: readonly DeclaredMetric[]): Rows =>
  metrics.map(({ name, type, labels, help, file }) => {
    const by = REPORTED_BY[file.split('/').slice(0, 2).join('/')];
    if (by === undefined)
      throw new Error(
        `${file}: add the processes that report its metrics to REPORTED_BY in metrics-table.ts`,
      );
    return {
      metric: `\`${name}\``,
      type,
      'reported by': by,
      labels: labels.map((label) => `\`${label}\``).join(', '),
      meaning: help,
    };
  });
