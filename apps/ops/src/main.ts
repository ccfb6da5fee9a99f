import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './cli/run-command.ts';
import { processTerminal } from './cli/terminal.ts';
import { commands } from './commands.ts';
import { withLocalStack } from './connect/local-stack.ts';

// The migrations are next to the bundle, which has no local stack, or in the checkout.
const checkout = join(import.meta.dirname, '../../..');
const bundled = join(import.meta.dirname, 'migrations');
const isBundle = existsSync(bundled);
const migrations = isBundle ? bundled : join(checkout, 'libs/db/migrations');

// The first Ctrl-C stops a command in order, the second one kills the process.
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new Error(name)));

const terminal = processTerminal(process, () => stop.abort(new Error('stdout is closed')));
const args = process.argv.slice(2);
const stackFile = join(checkout, '.local/stack.env');
process.exitCode = await runCommand(commands(migrations), args, {
  env: () => (isBundle ? process.env : withLocalStack(process.env, stackFile, (line) => terminal.note(line))),
  terminal,
  signal: stop.signal,
});
