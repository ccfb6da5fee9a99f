import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { isPublished, textsIn } from './published-secrets.ts';
import { oneOfValues, wholeNumber, type Range, type ReadValue } from './values.ts';

/** One environment variable: how it is read, and its text in .env.example and docs/configuration.md. */
export interface Variable<T> {
  readonly doc: string;
  readonly example: string;
  readonly secret: boolean;
  /** @throws Error with the expectation only; the caller adds the variable's name */
  readonly parse: (raw: string | undefined) => T;
}

/** Returns the text of a variable; undefined when it is not set or empty. */
export type Given = (name: string) => string | undefined;
/**
 * A condition on several variables together. @returns the problem, naming the variables; undefined if there
 * is none
 */
export type EnvRule = (given: Given) => string | undefined;

const RULES = Symbol('rules');

export type EnvSchema = Record<string, Variable<unknown>> & { readonly [RULES]?: readonly EnvRule[] };
export type Env<S extends EnvSchema> = Readonly<{
  [K in keyof S]: S[K] extends Variable<infer T> ? T : never;
}>;

/**
 * Returns the schema with rules over several of its variables. readEnv then reports problems of single
 * variables and of combinations in one list. Rejected: checks where the values are used, each of which would
 * show up at a later start.
 */
export const withRules = <S extends EnvSchema>(schema: S, ...rules: EnvRule[]): S => ({
  ...schema,
  [RULES]: rules,
});

/** Requires all of the variables, or none. */
export const together =
  (...names: readonly [string, string, ...string[]]): EnvRule =>
  (given) => {
    const set = names.filter((name) => given(name) !== undefined).length;
    if (set === 0 || set === names.length) return undefined;
    return `set all of ${names.slice(0, -1).join(', ')} and ${names.at(-1)}, or none`;
  };

/** Requires `other` when `name` is set, because `name` has no meaning without it. */
export const needs =
  (name: string, other: string): EnvRule =>
  (given) =>
    given(name) !== undefined && given(other) === undefined ? `${name} needs ${other}` : undefined;

/**
 * Checks an environment against a rule, regardless of the code that read it: the features that a rule enables
 * or skips must not depend on that code.
 * @throws EnvError
 */
export function assertRule(rule: EnvRule, env: Readonly<Record<string, unknown>>): void {
  const problem = rule((name) => String(env[name] ?? '') || undefined);
  if (problem !== undefined) throw new EnvError(problem);
}

/** Lists every invalid or missing variable by name, so that one start shows all of them. */
export class EnvError extends Error {
  override name = 'EnvError';
}

/**
 * Reads and validates the process environment once, into a frozen object. In production it refuses every
 * variable whose value is a secret that the source publishes. Values never appear in the error: some are
 * secrets.
 * @throws EnvError
 */
export function readEnv<S extends EnvSchema>(schema: S, source: NodeJS.ProcessEnv = process.env): Env<S> {
  const production = source['NODE_ENV'] === 'production';
  const given: Given = (name) => source[name] || undefined;
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  // NODE_ENV is checked with every schema: a process that does not use it must also refuse a mistyped value.
  for (const [name, variable] of Object.entries({ NODE_ENV: nodeEnv, ...schema })) {
    try {
      const value = variable.parse(given(name));
      const isKnown = production && variable.secret && textsIn([source[name], value]).some(isPublished);
      if (isKnown) throw new Error('is published with the source; set a secret of your own');
      if (Object.hasOwn(schema, name)) values[name] = value;
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message : 'unreadable'}`);
    }
  }
  problems.push(...(schema[RULES] ?? []).flatMap((rule) => rule(given) ?? []));
  if (problems.length > 0) {
    throw new EnvError(`wrong environment, see .env.example:\n  ${problems.join('\n  ')}`);
  }
  return Object.freeze(values) as Env<S>;
}

interface Options<T> {
  doc: string;
  default?: T;
  example?: string;
  secret?: boolean;
}

const variable = <T>(options: Options<T>, read: ReadValue<T>): Variable<T> => ({
  doc: options.doc,
  example: options.example ?? (options.default === undefined ? '' : String(options.default)),
  secret: options.secret ?? false,
  parse: (raw) => {
    if (raw !== undefined) return read(raw);
    if ('default' in options) return options.default as T;
    throw new Error('is required');
  },
});

/** Reads a text. @param options check: throws Error with the expectation */
export const text = (options: Options<string> & { check?: (raw: string) => void }) =>
  variable(options, (raw) => {
    options.check?.(raw);
    return raw;
  });

export const optionalText = (options: Omit<Options<string>, 'default'>) =>
  variable<string | undefined>({ ...options, default: undefined }, (raw) => raw);

/**
 * Reads a secret, or the path of a file that contains it, as secret stores mount them. The path is absolute;
 * no secret of this kind starts with a slash. The file is read once, at the start.
 * @param options check: like that of `text`, for the secret itself
 */
export const secretOrFile = (
  options: Omit<Options<string>, 'secret'> & { check?: (secret: string) => void },
) =>
  variable({ ...options, secret: true }, (raw) => {
    const secret = raw.startsWith('/') ? readSecret(raw) : raw;
    options.check?.(secret);
    return secret;
  });

function readSecret(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`names a file that cannot be read: ${(error as { code?: string }).code ?? 'unknown'}`, {
      cause: error,
    });
  }
}

export const integer = (options: Options<number> & Range) => variable(options, wholeNumber(options));

/** An integer; the code that uses it defines what its absence means. */
export const optionalInteger = (
  options: Omit<Options<number>, 'default'> & Range,
): Variable<number | undefined> => {
  const given = integer(options);
  return { ...given, parse: (raw) => (raw === undefined ? undefined : given.parse(raw)) };
};

/** A TCP port; 0 lets the system choose one. */
export const port = (options: Options<number>) => integer({ ...options, min: 0, max: 65_535 });

export const flag = (options: Options<boolean>) =>
  variable(options, (raw) => {
    if (raw === 'true' || raw === '1') return true;
    if (raw === 'false' || raw === '0') return false;
    throw new Error('must be true or false');
  });

export const oneOf = <T extends string>(choices: readonly T[], options: Options<T>) =>
  variable(options, oneOfValues(choices));

/** A mistyped `production` must not silently disable the checks of production. */
export const nodeEnv = oneOf(['development', 'test', 'production'], {
  doc: 'development, test or production; production refuses published secrets, unknown callers, unsigned erasures, unsafe log settings',
  default: 'development',
});

/** Reads a URL. @param options schemes: without the colon; hint: advice appended to the error, if any */
export const url = (options: Options<string> & { schemes: readonly string[]; hint?: string }) =>
  variable(options, (raw) => {
    const { schemes, hint = '' } = options;
    const parsed = URL.parse(raw.replaceAll('{shop}', 'shop'));
    if (!parsed?.hostname || !schemes.includes(parsed.protocol.slice(0, -1))) {
      throw new Error(
        `must be a URL that begins with ${schemes.map((each) => `${each}://`).join(' or ')}${hint}`,
      );
    }
    return raw;
  });

/** Comma-separated; blank parts are dropped. */
export const list = (options: Options<readonly string[]>) =>
  variable(options, (raw) =>
    raw
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  );

export interface Address {
  host: string;
  port: number;
}

/**
 * Origins of web pages, comma-separated, as browsers send them. A path or a trailing slash would never match.
 */
export const origins = (options: Options<readonly string[]>) => {
  const given = list(options);
  return {
    ...given,
    parse: (raw: string | undefined) => {
      const all = given.parse(raw);
      const isOrigin = (text: string) => URL.parse(text)?.origin === text;
      if (!all.every(isOrigin))
        throw new Error('must be origins such as https://admin.example.com, without a path');
      return all;
    },
  };
};

/** host:port,host:port */
export const addresses = (options: Options<readonly Address[]>) =>
  variable(options, (raw) => raw.split(',').map((part) => addressIn(part, 'must be host:port,host:port')));

/** host:port */
export const optionalAddress = (options: Omit<Options<Address>, 'default'>) =>
  variable<Address | undefined>({ ...options, default: undefined }, (raw) =>
    addressIn(raw, 'must be host:port'),
  );

/**
 * Parses host:port. A URL is refused here: its scheme would become a part of the host, and the error would
 * show only when the first connection fails.
 */
function addressIn(text: string, expected: string): Address {
  const [, host = '', digits] = /^([\w.:-]+|\[[\da-f:.]+\]):(\d{1,5})$/i.exec(text.trim()) ?? [];
  const port = Number(digits);
  const isHost = host.startsWith('[') || isIPv6(host) || !host.includes(':');
  if (!host || !isHost || port < 1 || port > 65_535) throw new Error(expected);
  return { host, port };
}
