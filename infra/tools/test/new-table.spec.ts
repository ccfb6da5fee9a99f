import { errorsWith, readSource } from './compile-domain.ts';

const SETTINGS = 'libs/db/src/schema/settings.ts';

it('a new table does not compile until personal-data.ts lists its personal data', () => {
  const errors = errorsWith(
    SETTINGS,
    `${readSource(SETTINGS)}
export const customerNotes = pgTable('customer_notes', { merchantId: uuid('merchant_id').notNull() });`,
  );
  expect(errors).toEqual([
    expect.stringMatching(/^libs\/domain\/src\/privacy\/personal-data\.ts: .*'customer_notes' is missing/),
  ]);
}, 600_000);
