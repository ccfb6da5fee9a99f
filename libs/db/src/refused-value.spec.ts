import { isRefusedValue } from './refused-value.ts';

const withCode = (code: unknown) => Object.assign(new Error('message'), { code });

it.each(['22021', '22P02', '22P05', '22003', '22008', '54000', '54001', '23514'])(
  'classifies %s as a refused value',
  (code) => expect(isRefusedValue(withCode(code))).toBe(true),
);

it.each([
  '23505',
  '23502',
  '25006',
  '40001',
  '53100',
  '57014',
  'ECONNRESET',
  '22',
  '220210',
  22_021,
  undefined,
])('does not classify %p as a refused value', (code) => expect(isRefusedValue(withCode(code))).toBe(false));

it.each([undefined, null, '22021', 22_021])(
  'does not classify %p, which is not a PostgreSQL error',
  (error) => expect(isRefusedValue(error)).toBe(false),
);
