import { ShopService, ShopStatus } from '@core/contracts';
import { pause } from '@core/runtime';
import { checkShop } from './check-shop.ts';
import { deliver } from './deliver.ts';
import { importShop } from './import-shop.ts';
import { install, reconnect } from './install.ts';
import { LEAST_PASSED } from './life.ts';
import { passTime } from './pass-time.ts';
import { LifeProblem, type ProblemKind } from './problems.ts';
import type { InstallationStack } from './stack.ts';
import type { Life, Step, StepOf } from './steps.ts';
import { count, type Subject } from './subject.ts';

/** Lives a life, step by step. Problems are added to the subject. */
export async function live(
  stack: InstallationStack,
  subject: Subject,
  life: Life,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (const { hours, steps } of life) {
      signal.throwIfAborted();
      if (hours - subject.hours >= LEAST_PASSED) await passTime(stack, subject, hours);
      await Promise.all(steps.map((step) => take(stack, subject, step)));
    }
  } catch (error) {
    signal.throwIfAborted();
    subject.problems.push({ kind: kindOf(error), says: (error as Error).message });
  }
}

/** The errors of gRPC have a code. */
const kindOf = (error: unknown): ProblemKind =>
  error instanceof LifeProblem
    ? error.kind
    : (error as { code?: unknown }).code === undefined
      ? 'stuck'
      : 'refused';

const take = (stack: InstallationStack, subject: Subject, step: Step): Promise<unknown> => {
  switch (step.kind) {
    case 'install':
      noteClose(subject);
      return install(stack, subject, step);
    case 'reconnect':
      return reconnect(stack, subject, step);
    case 'disconnect':
      return disconnect(stack, subject);
    case 'import':
      return importShop(stack, subject, step);
    case 'edit':
      return edit(subject, step);
    case 'scopes':
      return changeScopes(subject);
    case 'person':
      return nameInRequest(subject, step);
    case 'uninstall':
      return uninstall(stack, subject, step);
    case 'delivery':
      return deliver(stack, subject, step);
    case 'restart':
      return stack.restart(step);
    case 'check':
      return check(stack, subject);
  }
};

/** Longer than a page that is being read when the shop is disconnected. */
const SILENT_AFTER_MS = 2_000;

async function disconnect({ rpc }: InstallationStack, { merchantId, far, facts, problems }: Subject) {
  const shop = { merchantId, shop: far.domain };
  await rpc.unary(ShopService.method.disconnectShop, shop).catch(async (error: unknown) => {
    // An api that was killed has disconnected it, and has not answered.
    const { shop: shown } = await rpc.unary(ShopService.method.getShop, shop);
    if (shown?.status !== ShopStatus.DISCONNECTED) throw error;
  });
  facts.disconnected = true;
  await pause(SILENT_AFTER_MS);
  const { requests } = far.stats();
  await pause(SILENT_AFTER_MS);
  const late = far.stats().requests - requests;
  if (late > 0) problems.push({ kind: 'late requests', says: `${late} after the shop was disconnected` });
}

async function edit({ far }: Subject, { of }: StepOf<'edit'>): Promise<void> {
  const customer = far.get(of % far.customers);
  if (customer) far.edit(customer.id, { tags: [`edit ${of}`] });
}

/** The merchant takes a scope back that imports do without. */
const changeScopes = async ({ far }: Subject): Promise<void> => far.updateScopes(['read_customers']);

/** A person, or the merchant for a person, makes a privacy request to Shopify. */
async function nameInRequest(subject: Subject, { of, topic }: StepOf<'person'>): Promise<void> {
  const { far, erased } = subject;
  const customer = far.get((7 * of) % far.customers);
  if (!customer) throw new Error('the shop has no customers');
  if (topic === 'customers/redact') erased.add(customer.id);
  far.sendWebhook({ topic, customerId: customer.id });
}

/** Ten minutes, by which the service tells uninstalls apart, and the time that a slow machine adds. */
const CLOSE_HOURS = 0.4;

/** Notes that an uninstall or a connection follows closely on the last uninstall. */
function noteClose({ facts, uninstalls, hours }: Subject): boolean {
  const last = uninstalls.at(-1);
  if (!last || hours - last.atHours >= CLOSE_HOURS) return false;
  facts.close.add(last.of);
  return true;
}

async function uninstall(
  { now }: InstallationStack,
  subject: Subject,
  { of, afterMs }: StepOf<'uninstall'>,
): Promise<void> {
  const { far, facts, uninstalls, hours } = subject;
  await pause(afterMs);
  const before = far.stats().uninstalled;
  // The redaction waits in the mail.
  far.uninstall({ redactAfterMs: 0 });
  // Not before: Shopify's time of the uninstall may be in the next second.
  if (noteClose(subject)) facts.close.add(of);
  uninstalls.push({ of, atMs: now(), atHours: hours, before, requests: 0 });
  facts.uninstalled.add(of);
}

async function check(stack: InstallationStack, subject: Subject): Promise<void> {
  await stack.watch.untilIdle(subject.merchantId);
  count(subject, 'checks');
  subject.problems.push(...(await checkShop(stack, subject)));
}
