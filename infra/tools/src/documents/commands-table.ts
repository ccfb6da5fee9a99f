import { join } from 'node:path';
import type { Rows } from '@core/testing';

interface Command {
  name: string;
  does: string;
}

/**
 * Returns a table of all commands of `npm run ops`, from their help texts. The import is computed, because no
 * package may depend on an app. It reads declarations without running the app.
 */
export async function commandsTable(root: string): Promise<Rows> {
  const { commands } = (await import(join(root, 'apps/ops/src/commands.ts'))) as {
    commands: (migrations: string) => Command[];
  };
  return commands('').map(({ name, does }) => ({
    command: `\`npm run ops -- ${name}\``,
    effect: does,
  }));
}
