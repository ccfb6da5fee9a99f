import { status as grpcStatus } from '@grpc/grpc-js';
import { ImportMode, ImportService, ImportSource } from '@core/contracts';
import { LifeProblem } from './problems.ts';
import type { InstallationStack } from './stack.ts';
import type { StepOf } from './steps.ts';
import { count, type Subject } from './subject.ts';

/** Imports the shop, as far as the step says. */
export async function importShop(
  stack: InstallationStack,
  subject: Subject,
  step: StepOf<'import'>,
): Promise<void> {
  if (step.isScheduled) await schedule(stack, subject);
  if (step.until === 'completed') await complete(stack, subject, step);
  else await begin(stack, subject, step);
}

/** Due once a year: the suite only looks whether it is gone. */
const CRON = '0 0 1 1 *';

async function schedule({ rpc }: InstallationStack, { merchantId, far }: Subject): Promise<void> {
  const shop = { merchantId, shop: far.domain };
  await rpc.unary(ImportService.method.setImportSchedule, {
    ...shop,
    cron: CRON,
    timeZone: 'UTC',
    mode: ImportMode.DELTA,
  });
}

async function begin(stack: InstallationStack, subject: Subject, step: StepOf<'import'>): Promise<void> {
  const importId = await start(stack, subject, step).catch((error: unknown) => {
    const { code } = error as { code?: number };
    // A run of the earlier installation goes on, while the service does not know of its end.
    if (code === grpcStatus.ALREADY_EXISTS) return undefined;
    if (step.until === 'dead' && code === grpcStatus.FAILED_PRECONDITION) return undefined;
    throw error;
  });
  if (step.until === 'dead' && importId !== undefined) subject.deadRuns.add(importId);
}

const MAX_RUNS = 5;

async function complete(stack: InstallationStack, subject: Subject, step: StepOf<'import'>): Promise<void> {
  const { merchantId, facts } = subject;
  for (let runs = 1; ; runs++) {
    // A run of an earlier installation may still be in progress.
    await stack.watch.untilIdle(merchantId, ['run']);
    const importId = await start(stack, subject, step).catch((error: unknown) => {
      // An api that was killed has started one, and has not answered.
      if ((error as { code?: number }).code === grpcStatus.ALREADY_EXISTS && runs < MAX_RUNS)
        return undefined;
      throw new LifeProblem('shops lost', `no import of an installed shop: ${(error as Error).message}`);
    });
    if (importId === undefined) continue;
    await stack.watch.untilIdle(merchantId, ['run']);
    const { rows } = await stack.owner.query<{ status: string; error: string | null }>(
      'select status, error from customer_import_logs where id = $1',
      [importId],
    );
    const [run] = rows;
    if (run?.status === 'completed' || run?.status === 'completed_with_errors') break;
    if (runs < MAX_RUNS && run?.status === 'incomplete') continue;
    throw new LifeProblem('shops lost', `the import of an installed shop is ${run?.status}: ${run?.error}`);
  }
  count(subject, 'imports completed');
  facts.imported = true;
}

async function start(
  { rpc }: InstallationStack,
  { merchantId, far }: Subject,
  { source }: StepOf<'import'>,
): Promise<string> {
  const { importId } = await rpc.unary(ImportService.method.startCustomerImport, {
    merchantId,
    shop: far.domain,
    source: source === 'bulk' ? ImportSource.BULK : ImportSource.GRAPHQL,
  });
  return importId;
}
