import type { Rows } from '@core/testing';
import { importExport } from './import-export.ts';

interface Command {
  name: string;
  does: string;
}

/** Returns a table of all commands of `npm run ops`, from their help texts. */
export async function commandsTable(root: string): Promise<Rows> {
  const file = 'apps/ops/src/commands.ts';
  const commands = await importExport<(migrations: string) => Command[]>(root, file, 'commands');
  return commands('').map(({ name, does }) => ({
    command: `\`npm run ops -- ${name}\``,
    effect: does,
  }));
}
