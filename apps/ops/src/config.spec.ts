import { commands } from './commands.ts';
import { opsEnv } from './config.ts';

// The README's table and .env.example follow opsEnv; `--help` and the check of a command follow its own schema.
it('opsEnv has the variables of every command, and no others', () => {
  const used = new Set(commands('unused').flatMap(({ env }) => Object.keys(env)));
  expect(Object.keys(opsEnv).sort()).toEqual([...used].sort());
});
