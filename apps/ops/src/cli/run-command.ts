import { CoreError, EnvError, PermanentError, readEnv } from '@core/runtime';
import type { Command, Terminal } from './command.ts';
import { OpsError, UsageError } from './errors.ts';
import { commandHelp, listHelp } from './help.ts';
import { toJson } from './print.ts';
import { readFlags } from './read-flags.ts';

export interface Setting {
  /** Called only when a command runs. */
  env: () => NodeJS.ProcessEnv;
  terminal: Terminal;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** Runs the command that the arguments name. @returns the exit code: 0 done, 1 failed, 2 wrong usage */
export async function runCommand(
  commands: readonly Command[],
  args: readonly string[],
  { env, terminal, signal }: Setting,
): Promise<0 | 1 | 2> {
  const say = (lines: readonly string[]) => lines.forEach((line) => terminal.print(line));
  try {
    const { command, flags } = find(commands, args);
    if (!command) {
      say(listHelp(flags));
      return 0;
    }
    const values = readFlags(command.options, flags);
    if (values.help) {
      say(commandHelp(command));
      return 0;
    }
    const source = env();
    // Checks all variables before any connection is opened: each part would report only its own problems.
    readEnv(command.env, source);
    const report = await command.run({ values, env: source, terminal, signal });
    say(values.json ? [toJson(report.json)] : report.lines);
    return report.failed ? 1 : 0;
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.note(error.message);
      return 2;
    }
    if (signal.aborted) {
      terminal.note('stopped');
      return 1;
    }
    // The message of an error that the operator can fix is enough; any other error is shown with its stack.
    const fixable = [OpsError, EnvError, CoreError, PermanentError].some((kind) => error instanceof kind);
    terminal.note(fixable || !(error instanceof Error) ? messageOf(error) : (error.stack ?? error.message));
    return 1;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

type Found =
  { command: Command; flags: readonly string[] } | { command?: undefined; flags: readonly Command[] };

/** Finds the command and its flags, or the commands to list. @throws UsageError for an unknown name */
function find(commands: readonly Command[], args: readonly string[]): Found {
  const begin = args.findIndex((arg) => arg.startsWith('-'));
  const words = begin === -1 ? [...args] : args.slice(0, begin);
  const command = commands.find(({ name }) => {
    const own = name.split(' ');
    return own.every((word, i) => word === words[i]);
  });
  if (command) return { command, flags: args.slice(command.name.split(' ').length) };

  const group = commands.filter(({ name }) => words.length === 1 && name.startsWith(`${words[0]} `));
  const flags = args.slice(words.length);
  const asksHelp = flags.length > 0 && flags.every((arg) => arg === '--help' || arg === '-h');
  if (words.length === 0 && (asksHelp || flags.length === 0)) return { flags: commands };
  if (group.length > 0 && asksHelp) return { flags: group };
  const problem = group.length > 0 ? `${words[0]}: which command?` : `unknown command ${args.join(' ')}`;
  throw new UsageError([problem, ...listHelp(group.length > 0 ? group : commands)].join('\n'));
}
