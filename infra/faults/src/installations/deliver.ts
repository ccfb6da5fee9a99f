import { REDACTED_AFTER } from './life.ts';
import type { Letter } from './mail.ts';
import { LifeProblem } from './problems.ts';
import type { InstallationStack } from './stack.ts';
import type { StepOf } from './steps.ts';
import { count, type Subject, type Uninstall } from './subject.ts';

/** Lets a webhook of the shop reach the service. */
export async function deliver(
  { mail, skewMs }: InstallationStack,
  subject: Subject,
  { topic, of }: StepOf<'delivery'>,
): Promise<void> {
  const { far, facts, hours, uninstalls } = subject;
  const letter = await mail.letter(far.domain, topic, of);
  const isOfApp = topic === 'app/uninstalled' || topic === 'shop/redact';
  const told = isOfApp ? uninstalls.find((each) => each.of === of) : undefined;
  const answeredMs = await mail.deliver(told ? atItsTime(letter, told, hours) : letter).catch((error) => {
    throw new LifeProblem('refused', (error as Error).message);
  });
  count(subject, 'webhooks delivered');
  if (topic === 'shop/redact' && !facts.redacted.has(of)) facts.redacted.set(of, hours);
  if (topic !== 'app/uninstalled' || !told) return;
  facts.reported.add(of);
  told.answeredMs ??= answeredMs + skewMs;
}

/**
 * Shopify has triggered the webhook as many hours ago as have passed in the life. The stand-in triggers
 * shop/redact at the uninstall. The signature does not cover the headers.
 */
function atItsTime(letter: Letter, { atHours }: Uninstall, hours: number): Letter {
  const after = letter.topic === 'shop/redact' ? REDACTED_AFTER : 0;
  const stamped = Date.parse(letter.headers[TRIGGERED_AT] ?? '');
  const at = new Date(stamped - Math.round((hours - atHours - after) * 3_600) * 1_000);
  return { ...letter, headers: { ...letter.headers, [TRIGGERED_AT]: at.toISOString() } };
}
const TRIGGERED_AT = 'x-shopify-triggered-at';
