import { databaseEnv } from '@core/db';
import { isResumable, resumeImport } from '@core/domain';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { actOnImport } from '../imports/act-on-import.ts';
import { IMPORT_OPTIONS, watchCommand } from '../imports/options.ts';

export const resumeShopImport = defineCommand({
  name: 'import resume',
  does: 'continue an import that was cancelled, has failed or is incomplete',
  details: `
The import continues where it stopped. An incomplete import, which has read every page, and an import that
ended more than 30 days ago read the whole shop again: stored customers stay as they are, and the counters
restart at zero.`,
  options: { ...IMPORT_OPTIONS, ...ACTING_OPTIONS },
  env: databaseEnv,
  run: (call) =>
    actOnImport(call, {
      verb: 'resume',
      done: 'resumed',
      isPossible: isResumable,
      act: resumeImport,
      then: (ref) => [`watch it with: ${watchCommand(ref)}`],
    }),
});
