// Installs what other programs here need of the machine: `node infra/local/src/ensure.ts go pgbench`.
import { ensureSystem, isSystemCommand } from './system/ensure-system.ts';

const need = process.argv.slice(2);
try {
  if (!need.every(isSystemCommand)) throw new Error(`cannot install one of ${need.join(', ')}`);
  await ensureSystem({ need, onProgress: (message) => console.log(message) });
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
