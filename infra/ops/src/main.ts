import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EnvError } from '@core/runtime';
import { migrate } from './commands/migrate.ts';
import { topics } from './commands/topics.ts';

// Beside the bundle, or in the checkout.
const beside = join(import.meta.dirname, 'migrations');
const migrations = existsSync(beside) ? beside : join(import.meta.dirname, '../../../libs/db/migrations');

/** `npm run ops -- <command>`: each does one thing and ends. */
const COMMANDS: Record<string, { does: string; run: () => Promise<void> }> = {
  migrate: {
    does: "bring the database to this build's schema (as its owner)",
    run: () => migrate(migrations),
  },
  topics: { does: 'create the Kafka topics that are missing', run: topics },
};

const usage = (): string =>
  [
    'usage: npm run ops -- <command>',
    ...Object.entries(COMMANDS).map(([name, { does }]) => `  ${name.padEnd(10)}${does}`),
  ].join('\n');

const [name = '--help'] = process.argv.slice(2);
const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
if (command) {
  try {
    await command.run();
  } catch (error) {
    console.error(error instanceof EnvError ? error.message : error);
    process.exitCode = 1;
  }
} else if (name === '--help' || name === '-h') {
  console.log(usage());
} else {
  console.error(`unknown command ${name}\n${usage()}`);
  process.exitCode = 2;
}
