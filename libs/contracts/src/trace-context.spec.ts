import { traceparentOf } from './trace-context.ts';

const GOOD = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

it('returns a well-formed trace unchanged', () => {
  expect(traceparentOf(GOOD)).toBe(GOOD);
});

it.each([
  undefined,
  '',
  `${GOOD}-more`,
  GOOD.toUpperCase(),
  GOOD.replace('00-', 'ff-'),
  GOOD.replace(/-4.{31}-/, `-${'0'.repeat(32)}-`),
  GOOD.replace('00f067aa0ba902b7', '0'.repeat(16)),
  'ada@example.com',
])('drops %s', (given) => {
  expect(traceparentOf(given)).toBeUndefined();
});
