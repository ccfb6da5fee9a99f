import { databaseEnv, inTransaction } from '@core/db';
import { explainReason, listImportErrors, ROW_REASONS, type ImportError } from '@core/domain';
import { defineCommand } from '../cli/command.ts';
import { integerOr, oneOf, uuid } from '../cli/option.ts';
import { printable, table } from '../cli/print.ts';
import { UNSIGNED } from '../cli/unsigned-pages.ts';
import { errorsWith, IMPORT_OPTIONS, importOf } from '../imports/options.ts';
import { EFFECTS, sentences } from '../imports/present.ts';
import { withImports } from '../imports/with-imports.ts';

export const listErrorsOfImport = defineCommand({
  name: 'import errors',
  does: 'list the customers that an import did not store as they came',
  details: `
Each with its id in the shop, the reason and what became of the customer, the oldest first; below them what the reasons
mean, for the merchant and for support. Nothing personal. They are kept for 90 days. ListCustomerImportErrors and the CSV
say the same.`,
  options: {
    ...IMPORT_OPTIONS,
    reason: oneOf(Object.keys(ROW_REASONS), 'of this reason alone'),
    limit: integerOr(100, 'at most so many', { min: 1, max: 1_000 }),
    after: uuid('the page after this row, as the last page names it'),
  },
  env: databaseEnv,
  run: ({ values, env }) => {
    const ref = importOf(values, env);
    const { reason } = values;
    const page = { ...ref, reason, pageSize: values.limit, pageToken: values.after ?? '' };
    return withImports(env, ref, async (pool) => {
      const { errors, nextPageToken } = await inTransaction(
        pool,
        (tx) => listImportErrors(tx, UNSIGNED, page),
        { merchantId: ref.merchantId },
      );
      const goOn = `${errorsWith(ref)}${reason ? ` --reason ${reason}` : ''} --after ${nextPageToken}`;
      return {
        json: { errors: errors.map(errorJson), next: nextPageToken || null },
        lines: [...lines(errors), ...(nextPageToken ? [`go on with: ${goOn}`] : [])],
      };
    });
  },
});

const errorJson = ({ externalId, reason, occurredAt }: ImportError) => {
  const { effect, merchant, support } = explainReason(reason);
  return { external_id: externalId, reason, effect, occurred_at: occurredAt, merchant, support };
};

function lines(errors: readonly ImportError[]): string[] {
  if (errors.length === 0) return ['no errors'];
  return [
    ...table(
      ['customer', 'reason', 'became of it', 'when'],
      errors.map(({ externalId, reason, occurredAt }) => [
        printable(externalId),
        printable(reason),
        EFFECTS[explainReason(reason).effect],
        occurredAt.toISOString(),
      ]),
    ),
    ...[...new Set(errors.map(({ reason }) => reason))].flatMap((reason) => [
      `${printable(reason)}:`,
      ...sentences(reason),
    ]),
  ];
}
