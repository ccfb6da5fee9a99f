import type { InstallationStack } from './stack.ts';
import type { Subject } from './subject.ts';

/** The requests that followed an uninstall which the service has applied, in milliseconds. */
export interface Lateness {
  merchantId: string;
  of: number;
  requests: number;
  /** From the first answer to the webhook. */
  applyMs: number;
  /** The last request, if there was one. */
  afterAnswerMs: number | undefined;
  afterAppliedMs: number | undefined;
}

/** Compares the requests that arrived after uninstalls with the times at which the worker applied them. */
export async function readLateness(
  { owner, mail, skewMs }: InstallationStack,
  subjects: readonly Subject[],
): Promise<Lateness[]> {
  const { rows } = await owner.query<{ id: string; at: Date }>(
    `select event_id as id, finished_at as at from webhook_events
      where topic = 'app/uninstalled' and finished_at is not null`,
  );
  const applied = new Map(rows.map(({ id, at }) => [id, at.getTime() + skewMs]));
  const all: Lateness[] = [];
  for (const { merchantId, far, uninstalls } of subjects) {
    for (const { of, answeredMs, lastMs, requests } of uninstalls) {
      if (answeredMs === undefined) continue;
      const letter = await mail.letter(far.domain, 'app/uninstalled', of);
      // The webhook of a shop without a merchant has no row: there is nothing to apply.
      const appliedMs = applied.get(letter.headers['x-shopify-event-id'] ?? '');
      if (appliedMs === undefined) continue;
      const after = (from: number) => (lastMs === undefined ? undefined : lastMs - from);
      all.push({
        merchantId,
        of,
        requests,
        applyMs: appliedMs - answeredMs,
        afterAnswerMs: after(answeredMs),
        afterAppliedMs: after(appliedMs),
      });
    }
  }
  return all;
}
