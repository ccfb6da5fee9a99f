import { COMMON_OPTIONS, type Command } from './command.ts';

const PROGRAM = 'npm run ops --';

/** Lists every command, or the commands of a group such as `dlq`. */
export function listHelp(commands: readonly Command[]): string[] {
  const width = Math.max(...commands.map(({ name }) => name.length)) + 2;
  return [
    `usage: ${PROGRAM} <command> [flags]`,
    ...commands.map(({ name, does }) => `  ${name.padEnd(width)}${does}`),
    `${PROGRAM} <command> --help shows details. Exit codes: 0 done, 1 failed, 2 wrong usage.`,
  ];
}

/** Describes one command: usage, details, flags and environment. */
export function commandHelp({ name, does, details, options, env }: Command): string[] {
  const flags = Object.entries({ ...options, ...COMMON_OPTIONS }).map(
    ([flag, { shows, doc }]) => [`--${flag}${shows && ` ${shows}`}`, doc] as const,
  );
  const bare = Object.values(options).find((option) => option.bare);
  const variables = Object.entries(env).map(([variable, { doc }]) => [variable, doc] as const);
  return [
    `usage: ${PROGRAM} ${name}${bare ? ` ${bare.shows}` : ''} [flags]`,
    `${does[0]?.toUpperCase()}${does.slice(1)}.`,
    ...(details ? ['', ...details.trim().split('\n')] : []),
    ...['', 'flags', ...columns(flags)],
    ...(variables.length > 0 ? ['', 'environment', ...columns(variables)] : []),
  ];
}

const columns = (rows: readonly (readonly [string, string])[]): string[] => {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`);
};
