import { parseArguments } from '@core/runtime';
import { COMMON_OPTIONS } from './command.ts';
import { UsageError } from './errors.ts';
import type { Options, Values } from './option.ts';

const LONGEST_VALUE = 4_096;

/** Reads a command's flags. @throws UsageError naming the flag */
export function readFlags<O extends Options>(
  options: O,
  args: readonly string[],
): Values<O & typeof COMMON_OPTIONS> {
  const all: Options = { ...options, ...COMMON_OPTIONS };
  const given = parse(all, args);
  const values = Object.entries(all).map(([name, option]) => {
    const raw = (given[name] ?? []).map(String);
    if (raw.some((value) => value.length > LONGEST_VALUE)) {
      throw new UsageError(`--${name}: must have at most ${LONGEST_VALUE} characters`);
    }
    if (raw.length > 1 && !option.many) throw new UsageError(`--${name}: is given more than once`);
    try {
      return [name, option.parse(raw)];
    } catch (error) {
      throw new UsageError(`--${name}: ${error instanceof Error ? error.message : 'is wrong'}`);
    }
  });
  return Object.fromEntries(values) as Values<O & typeof COMMON_OPTIONS>;
}

function parse(options: Options, args: readonly string[]): Record<string, (string | boolean)[] | undefined> {
  const bare = Object.entries(options).find(([, option]) => option.bare)?.[0];
  const { values, positionals } = parseArguments({
    args: [...args],
    allowPositionals: bare !== undefined,
    options: Object.fromEntries(
      Object.entries(options).map(([name, { shows }]) => [
        name,
        { type: shows === '' ? ('boolean' as const) : ('string' as const), multiple: true },
      ]),
    ),
  });
  const given = values as Record<string, (string | boolean)[] | undefined>;
  return bare === undefined ? given : { ...given, [bare]: [...(given[bare] ?? []), ...positionals] };
}
