import { inTransaction } from '@core/db';
import { getImport, startImport, type ImportRun } from '@core/domain';
import { eventually } from '../../eventually.ts';
import type { FieldShop, FieldStack } from '../stack.ts';

/** Imports a shop from a source, and waits for its end or for `isOver`. */
export async function runImport(
  { owner, as, ctx }: FieldStack,
  { merchantId, shop }: Pick<FieldShop, 'merchantId' | 'shop'>,
  source: 'graphql' | 'rest',
  isOver = (run: ImportRun) => run.finishedAt !== null,
): Promise<ImportRun> {
  const { importId } = await as(merchantId, (tx) => startImport(tx, ctx(), { merchantId, shop, source }));
  let run: ImportRun | undefined;
  await eventually('an import to end', async () => {
    run = await inTransaction(owner, (tx) => getImport(tx, { merchantId, importId }));
    return isOver(run);
  });
  if (!run) throw new Error('no run');
  return run;
}
