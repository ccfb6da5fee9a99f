import { commands } from './commands.ts';
import { opsEnv } from './config.ts';

// The documented variables and .env.example are generated from opsEnv; `--help` and a command's check use its
// own schema.
it('opsEnv contains the variables of every command, and no others', () => {
  const used = new Set(commands('unused').flatMap(({ env }) => Object.keys(env)));
  expect(Object.keys(opsEnv).sort()).toEqual([...used].sort());
});
