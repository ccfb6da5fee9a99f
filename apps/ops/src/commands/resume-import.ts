import { databaseEnv } from '@core/db';
import { isResumable, resumeImport } from '@core/domain';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { actOnImport } from '../imports/act-on-import.ts';
import { IMPORT_OPTIONS, watchWith } from '../imports/options.ts';

export const resumeShopImport = defineCommand({
  name: 'import resume',
  does: 'go on with an import that was cancelled, has failed or is incomplete',
  details: `
It goes on where it stopped. An incomplete one, which has read every page, and one that ended more than 30 days ago read
the shop anew: what is stored is unchanged, and the counters begin at zero.`,
  options: { ...IMPORT_OPTIONS, ...ACTING_OPTIONS },
  env: databaseEnv,
  run: (call) =>
    actOnImport(call, {
      verb: 'resume',
      done: 'resumed',
      isPossible: isResumable,
      act: resumeImport,
      then: (ref) => [`watch it with: ${watchWith(ref)}`],
    }),
});
