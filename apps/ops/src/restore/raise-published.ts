import { randomUUID } from 'node:crypto';
import { inTransaction, type Pool } from '@core/db';
import { raiseVersions, type PublishedVersion, type RaisedVersions } from '@core/domain';

/** Rows that one transaction locks and appends, the same number as in a replay. */
const PAGE = 500;

/** Processes the ids in order, page by page; the signal ends it after the current page. */
export async function raisePublished(
  pool: Pool,
  actor: string,
  published: readonly PublishedVersion[],
  signal: AbortSignal,
): Promise<RaisedVersions & { done: boolean }> {
  const ctx = { caller: actor, requestId: randomUUID() };
  const sum = { raised: 0, lost: 0 };
  for (let n = 0; n < published.length; n += PAGE) {
    if (signal.aborted) return { ...sum, done: false };
    const page = published.slice(n, n + PAGE);
    const { raised, lost } = await inTransaction(pool, (tx) => raiseVersions(tx, ctx, page));
    sum.raised += raised;
    sum.lost += lost;
  }
  return { ...sum, done: true };
}
