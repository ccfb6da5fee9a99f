import { describeError } from './logger.ts';

const long = 'ada@example.com '.repeat(200_000);
const sql = (message: string, code: string) => Object.assign(new Error(message), { code });

it('describes an error by name, code, message and stack', () =>
  expect(describeError(Object.assign(new TypeError('no'), { code: 'E', detail: 'ada@example.com' }))).toEqual(
    {
      name: 'TypeError',
      code: 'E',
      message: 'no',
      stack: expect.stringMatching(/^TypeError: no\n +at /) as string,
    },
  ));

it('logs only the length of a value that PostgreSQL could not read', () => {
  const described = describeError(sql(`invalid input syntax for type uuid: "${long}"`, '22P02'));
  expect(described['message']).toBe(
    `invalid input syntax for type uuid: a value of ${long.length} characters`,
  );
  expect(described['stack']).toMatch(/characters\n +at /);
  expect(JSON.stringify(described)).not.toContain('ada@');
});

it('keeps the quotations in other PostgreSQL errors', () =>
  expect(describeError(sql('relation: "x" does not exist', '42P01'))['message']).toBe(
    'relation: "x" does not exist',
  ));

it('truncates long texts, and keeps the stack frames', () => {
  const described = describeError(new Error(long, { cause: new Error(long) }));
  expect(described['message']).toHaveLength(1_000 + `... (${long.length} characters)`.length);
  expect(described['stack']).toMatch(/\n +at /);
  expect(JSON.stringify(described).length).toBeLessThan(25_000);
  expect(JSON.stringify(describeError(long)).length).toBeLessThan(2_000);
});
