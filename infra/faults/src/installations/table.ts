import { PROBLEM_KINDS } from './problems.ts';
import type { InstallationStack } from './stack.ts';
import type { Subject } from './subject.ts';
import type { Lateness } from './lateness.ts';

/** Describes all lives in a table of two columns. */
export async function tableOf(
  { owner, skewMs }: InstallationStack,
  subjects: readonly Subject[],
  late: readonly Lateness[],
): Promise<string[]> {
  const kinds = new Set(subjects.flatMap(({ counts }) => [...counts.keys()]));
  const counted = (what: string) => sum(subjects.map(({ counts }) => counts.get(what) ?? 0));
  const uninstalls = subjects.flatMap((subject) => subject.uninstalls);
  const { rows } = await owner.query<{ what: string; n: number }>(
    `select 'runs ' || status as what, count(*)::int as n from customer_import_logs group by 1
     union all
     select case when completed_at is not null then 'redactions carried out'
                 when cancelled_at is not null then 'redactions ' || cancel_reason
                 else 'redactions that wait' end,
            count(*)::int
       from privacy_requests where kind = 'shop_redact' group by 1
     order by 1`,
  );
  const lines: [string, number | string][] = [
    ['lives', subjects.length],
    ...[...kinds].sort().map((what): [string, number] => [what, counted(what)]),
    ['uninstalls', uninstalls.length],
    [
      'uninstalls whose webhook was lost',
      uninstalls.filter(({ answeredMs }) => answeredMs === undefined).length,
    ],
    ...rows.map(({ what, n }): [string, number] => [what, n]),
    ...PROBLEM_KINDS.map((kind): [string, number] => [
      kind,
      subjects.filter(({ problems }) => problems.some((problem) => problem.kind === kind)).length,
    ]),
    ['uninstalls that were applied', late.length],
    ['applied after the answer', spread(late.map(({ applyMs }) => applyMs))],
    ['requests after an uninstall', sum(uninstalls.map(({ requests }) => requests))],
    ['last request after the answer', spread(late.map(({ afterAnswerMs }) => afterAnswerMs))],
    ['last request after it was applied', spread(late.map(({ afterAppliedMs }) => afterAppliedMs))],
    ["Shopify's clock ahead of ours by", `${skewMs} ms`],
  ];
  const width = Math.max(...lines.map(([what]) => what.length));
  return lines.map(([what, value]) => `${what.padEnd(width)}  ${value.toLocaleString('en').padStart(9)}`);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

/** The times that are known and positive. */
function spread(times: readonly (number | undefined)[]): string {
  const known = times
    .filter((ms) => ms !== undefined && ms > 0)
    .sort((one, other) => Number(one) - Number(other));
  if (known.length === 0) return 'none';
  const at = (part: number) => Math.round(Number(known[Math.ceil(known.length * part) - 1]));
  return `${known.length}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`;
}
