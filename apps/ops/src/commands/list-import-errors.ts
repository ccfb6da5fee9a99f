import { databaseEnv, inTransaction } from '@core/db';
import { explainReason, listImportErrors, ROW_REASONS, type ImportError } from '@core/domain';
import { defineCommand } from '../cli/command.ts';
import { integerOr, oneOf, uuid } from '../cli/option.ts';
import { printable, table } from '../cli/print.ts';
import { UNSIGNED_PAGES } from '../cli/unsigned-pages.ts';
import { errorsCommand, IMPORT_OPTIONS, importOf } from '../imports/options.ts';
import { EFFECTS, sentences } from '../imports/present.ts';
import { withImports } from '../imports/with-imports.ts';

export const listErrorsOfImport = defineCommand({
  name: 'import errors',
  does: 'list the customers that an import did not store, or stored without a field or with a note',
  details: `
Each row shows the customer's id in the shop, the reason and the effect, oldest first. Below the rows, each
reason is explained for the merchant and for support. The rows contain no personal data and are kept for 90
days. The rpc ListCustomerImportErrors and the CSV contain the same.`,
  options: {
    ...IMPORT_OPTIONS,
    reason: oneOf(Object.keys(ROW_REASONS), 'only this reason'),
    limit: integerOr(100, 'maximum number of rows', { min: 1, max: 1_000 }),
    after: uuid('continue after this row, which the previous page printed'),
  },
  env: databaseEnv,
  run: ({ values, env }) => {
    const ref = importOf(values, env);
    const { reason } = values;
    const page = { ...ref, reason, pageSize: values.limit, pageToken: values.after ?? '' };
    return withImports(env, ref, async (pool) => {
      const { errors, nextPageToken } = await inTransaction(
        pool,
        (tx) => listImportErrors(tx, UNSIGNED_PAGES, page),
        { merchantId: ref.merchantId },
      );
      const nextCommand = `${errorsCommand(ref)}${reason ? ` --reason ${reason}` : ''} --after ${nextPageToken}`;
      return {
        json: { errors: errors.map(errorJson), next: nextPageToken || null },
        lines: [...lines(errors), ...(nextPageToken ? [`continue with: ${nextCommand}`] : [])],
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
      ['customer', 'reason', 'effect', 'when'],
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
