import { databaseEnv } from '@core/db';
import { cancelImport, hasEnded } from '@core/domain';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { actOnImport } from '../imports/act-on-import.ts';
import { IMPORT_OPTIONS, resumeCommand } from '../imports/options.ts';

export const cancelShopImport = defineCommand({
  name: 'import cancel',
  does: 'stop an import; the customers that it has stored stay',
  details: 'The importers stop within two seconds. `import resume` continues where the import stopped.',
  options: { ...IMPORT_OPTIONS, ...ACTING_OPTIONS },
  env: databaseEnv,
  run: (call) =>
    actOnImport(call, {
      verb: 'cancel',
      done: 'cancelled',
      isPossible: (run) => !hasEnded(run),
      act: cancelImport,
      then: (ref) => [`continue with: ${resumeCommand(ref)}`],
    }),
});
