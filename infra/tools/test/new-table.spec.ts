import { errorsWith, readSource } from './compile-domain.ts';

const SETTINGS = 'libs/db/src/schema/settings.ts';

it('a table does not compile until personal-data.ts says what of it is personal', () => {
  const errors = errorsWith(
    SETTINGS,
    `${readSource(SETTINGS)}
export const customerNotes = pgTable('customer_notes', { merchantId: uuid('merchant_id').notNull() });`,
  );
  expect(errors).toEqual([
    expect.stringMatching(/^libs\/domain\/src\/privacy\/personal-data\.ts: .*'customer_notes' is missing/),
  ]);
}, 600_000);
