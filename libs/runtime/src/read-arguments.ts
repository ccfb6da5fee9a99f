import { parseArgs, type ParseArgsConfig } from 'node:util';
import { WrongValue, type ReadValue } from './values.ts';

/** The command line is wrong. The message names the option or the word, and the alternatives. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** @throws UsageError */
export function parseArguments<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  const { args = process.argv.slice(2), options = {} } = config;
  try {
    return parseArgs<T>({ ...config, args: withDashedValues(args, options) });
  } catch (error) {
    throw new UsageError(problemOf(error as Error & { code?: string }, Object.keys(options)));
  }
}

/**
 * Rewrites `--limit -1` to `--limit=-1`. Without this, node:util reads the value as an option and reports an
 * ambiguous argument. The reader of the value reports what it accepts.
 */
function withDashedValues(
  args: readonly string[],
  options: NonNullable<ParseArgsConfig['options']>,
): string[] {
  const isOption = (arg: string) =>
    arg.startsWith('--') || Object.values(options).some(({ short }) => short && arg.startsWith(`-${short}`));
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const read: string[] = [];
  for (let at = 0; at < end; at++) {
    const [arg = '', next] = args.slice(at, Math.min(at + 2, end));
    const takesValue = arg.startsWith('--') && options[arg.slice(2)]?.type === 'string';
    if (takesValue && next && /^-./.test(next) && !isOption(next)) {
      read.push(`${arg}=${next}`);
      at++;
    } else read.push(arg);
  }
  return [...read, ...args.slice(end)];
}

/**
 * Returns the first sentence of Node's message, which names the option. Its other sentences explain how to
 * write positionals.
 */
function problemOf({ code, message }: Error & { code?: string }, options: readonly string[]): string {
  const [, withoutValue] =
    /^Option '(?:-\w, )?(--[\w-]+)\b.* argument (?:missing|is ambiguous)/.exec(message) ?? [];
  if (withoutValue !== undefined) return `${withoutValue}: needs a value`;
  const problem = message.split(/\. |\n/)[0] ?? message;
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') return `${problem}: leave it out, or see --help`;
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return problem;
  return `${problem}; there are ${options.map((name) => `--${name}`).join(', ')}`;
}

/**
 * Reads the arguments of a program of this repository. It prints the help and exits for --help, and exits
 * with code 2 for wrong arguments.
 */
export function readArguments<T extends ParseArgsConfig>(
  help: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  try {
    if (process.argv.includes('--help')) {
      process.stdout.write(`${help}\n`);
      process.exit(0);
    }
    return parseArguments(config);
  } catch (error) {
    if (error instanceof UsageError) refuseArguments(help, error.message);
    throw error;
  }
}

/** Returns the value of an option. If the value breaks the rule of `read`, it exits like readArguments. */
export function readOption<T>(help: string, name: string, given: string, read: ReadValue<T>): T {
  try {
    return read(given);
  } catch (error) {
    if (error instanceof WrongValue) refuseArguments(help, `--${name} ${error.message}`);
    throw error;
  }
}

/** Prints the problem and the help, and exits with code 2. */
export function refuseArguments(help: string, problem: string): never {
  process.stderr.write(`${problem}\n\n${help}\n`);
  process.exit(2);
}

/** Returns a message such as `there is no suite a, b; there are c, d`; undefined when each name is known. */
export function unknownNames(
  kind: string,
  names: readonly string[],
  known: readonly string[],
): string | undefined {
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return undefined;
  return `there is no ${kind} ${unknown.join(', ')}; there are ${known.join(', ')}`;
}
