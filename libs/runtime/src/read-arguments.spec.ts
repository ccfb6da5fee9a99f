import { parseArguments } from './read-arguments.ts';

const options = {
  limit: { type: 'string', short: 'l' },
  yes: { type: 'boolean' },
  all: { type: 'boolean', short: 'a' },
} as const;
const parse = (...args: string[]) => ({
  ...parseArguments({ args, options, allowPositionals: true }).values,
});

it.each<[string[], object]>([
  [['--limit', '-1'], { limit: '-1' }],
  [['--limit', '-1h', '--yes'], { limit: '-1h', yes: true }],
  [['--limit=-1'], { limit: '-1' }],
  [['--limit', '-'], { limit: '-' }],
  [['-l', '5'], { limit: '5' }],
  [['--yes', '-a', '--limit', '5'], { yes: true, all: true, limit: '5' }],
  [['--yes', '--', '--limit', '-1'], { yes: true }],
])('reads %j', (args, values) => expect(parse(...args)).toEqual(values));

it.each<[string[], string]>([
  [['--limit'], '--limit: needs a value'],
  [['--limit', '--yes'], '--limit: needs a value'],
  [['--limit', '-a'], '--limit: needs a value'],
  [['--limit', '--', '-1'], '--limit: needs a value'],
  [['--yes', '-1'], "Unknown option '-1'; there are --limit, --yes, --all"],
])('refuses %j with %j', (args, problem) => expect(() => parse(...args)).toThrow(problem));

it('gives advice for an unexpected word', () =>
  expect(() => parseArguments({ args: ['extra'], options })).toThrow(
    "Unexpected argument 'extra': leave it out, or see --help",
  ));
