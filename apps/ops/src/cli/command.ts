import type { EnvSchema } from '@core/runtime';
import { withNamedAddresses } from './named-addresses.ts';
import { flag, name, type Options, type Values } from './option.ts';

/** The other end of a command: a person at a terminal, or a script. */
export interface Terminal {
  /** Whether a question would be seen and answered. */
  readonly interactive: boolean;
  /** A line of the result, to stdout. */
  print(line: string): void;
  /** A line beside the result, to stderr: progress, what is being asked. */
  note(line: string): void;
  /** To stderr, over the last one; for a terminal alone. */
  progress(line: string): void;
  /** @returns whether the answer was yes */
  confirm(question: string): Promise<boolean>;
}

/** The input of a command. */
export interface Call<O extends Options> {
  readonly values: Values<O>;
  readonly env: NodeJS.ProcessEnv;
  readonly terminal: Terminal;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** The output of a command: with --json the object, else the lines. */
export interface Report {
  json: unknown;
  lines: readonly string[];
  /** Exit code 1 although there is a report. */
  failed?: boolean;
}

export interface Command<O extends Options = Options> {
  /** The words that call it, such as `dlq list`. */
  name: string;
  /** One line. */
  does: string;
  /** Additional text for --help. */
  details?: string;
  options: O;
  /** The environment that it reads. */
  env: EnvSchema;
  run(call: Call<O>): Promise<Report>;
}

/** Keeps the types of its options for `run`, and lets it go to no default address. */
export const defineCommand = <O extends Options>(command: Command<O>): Command =>
  ({ ...command, env: withNamedAddresses(command.env) }) as unknown as Command;

/** Options of every command. */
export const COMMON_OPTIONS = {
  json: flag('one JSON document on stdout instead of text'),
  help: flag('this text'),
} as const;

/** Options of a command that changes something. */
export const ACTING_OPTIONS = {
  yes: flag('do it; without, it only says what it would do (and asks, on a terminal)'),
  actor: name('<name>', 'who does it, for the record; the user of this system unless given'),
} as const;
