// Installs system commands that programs of this repository need: `node infra/local/src/ensure.ts go
// pgbench`.
import { ensureSystem, isSystemCommand } from './system/ensure-system.ts';

const need = process.argv.slice(2);
try {
  if (!need.every(isSystemCommand))
    throw new Error(`At least one of these commands cannot be installed by this script: ${need.join(', ')}`);
  await ensureSystem({ need, onProgress: (message) => console.log(message) });
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
