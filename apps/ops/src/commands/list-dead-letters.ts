import { databaseEnv } from '@core/db';
import { kafkaEnv } from '@core/events';
import { defineCommand } from '../cli/command.ts';
import { flag } from '../cli/option.ts';
import { DEAD_LETTER_OPTIONS, selectionOf } from '../dead-letters/options.ts';
import { listJson, listLines } from '../dead-letters/present.ts';
import { withDeadLetters } from '../dead-letters/with-dead-letters.ts';

export const listDeadLetters = defineCommand({
  name: 'dlq list',
  does: 'list the records that could not be processed',
  options: { ...DEAD_LETTER_OPTIONS, all: flag('include redriven and dropped records') },
  env: { ...databaseEnv, ...kafkaEnv },
  run: async (call) =>
    withDeadLetters(call, selectionOf(call.values, call.values.all), (found) => ({
      json: { total: found.total, dead_letters: found.letters.map(listJson) },
      lines: listLines(found),
    })),
});
