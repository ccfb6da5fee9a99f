import type { EnvSchema } from '@core/runtime';
import { withNamedAddresses } from './named-addresses.ts';
import { flag, name, type Options, type Values } from './option.ts';

/** Input and output of a command: an operator at a terminal, or a script. */
export interface Terminal {
  /** Whether a person can see and answer a question. */
  readonly interactive: boolean;
  /** Prints a line of the result to stdout. */
  print(line: string): void;
  /** Prints a line that is not part of the result to stderr: progress, or the preview before a question. */
  note(line: string): void;
  /** Overwrites the last progress line on stderr; only for terminals. */
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

/** The output of a command: `json` with --json, otherwise `lines`. */
export interface Report {
  json: unknown;
  lines: readonly string[];
  /** Exit code 1 despite a complete report. */
  failed?: boolean;
}

export interface Command<O extends Options = Options> {
  /** The words on the command line, such as `dlq list`. */
  name: string;
  /** Summary in one line: a verb phrase such as "list the ...". */
  does: string;
  /** Additional text for --help. */
  details?: string;
  options: O;
  /** The environment variables that it reads. */
  env: EnvSchema;
  run(call: Call<O>): Promise<Report>;
}

/** Defines a command: keeps the types of its options for `run`, and removes its default addresses. */
export const defineCommand = <O extends Options>(command: Command<O>): Command =>
  ({ ...command, env: withNamedAddresses(command.env) }) as unknown as Command;

/** Options of every command. */
export const COMMON_OPTIONS = {
  json: flag('print one JSON document to stdout instead of text'),
  help: flag('print this text'),
} as const;

/** Options of a command that changes something. */
export const ACTING_OPTIONS = {
  yes: flag('make the changes; without it the command only shows them (and asks, on a terminal)'),
  actor: name('<name>', 'the operator that the audit log records; default: the user of this system'),
} as const;
