import type { Command } from './cli/command.ts';
import { createTopics } from './commands/create-topics.ts';
import { dropDeadLetters } from './commands/drop-dead-letters.ts';
import { listDeadLetters } from './commands/list-dead-letters.ts';
import { migrate } from './commands/migrate.ts';
import { redriveDeadLetters } from './commands/redrive-dead-letters.ts';
import { redriveFailedWebhooks } from './commands/redrive-webhooks.ts';
import { replayOutbox } from './commands/replay-outbox.ts';
import { showConsumerLag } from './commands/show-consumer-lag.ts';
import { showDeadLetters } from './commands/show-dead-letters.ts';
import { showOutboxStatus } from './commands/show-outbox-status.ts';

/** Every command of `npm run ops`. @param migrations the folder of them */
export const commands = (migrations: string): Command[] => [
  migrate(migrations),
  createTopics,
  listDeadLetters,
  showDeadLetters,
  redriveDeadLetters,
  dropDeadLetters,
  showOutboxStatus,
  replayOutbox,
  showConsumerLag,
  redriveFailedWebhooks,
];
