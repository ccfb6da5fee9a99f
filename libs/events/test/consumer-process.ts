// A group member in a separate process, which a spec can kill. Prints the partition of each batch.
import { connectKafka } from '../src/index.ts';

const [broker, groupId, topic] = process.argv.slice(2) as [string, string, string];
const client = connectKafka({ brokers: [broker], clientId: 'spec' });
await client.consume({
  groupId,
  topics: [topic],
  onBatch: async ([first]) => void process.stdout.write(`${first?.partition}\n`),
});
process.once('SIGTERM', () => void client.close().then(() => process.exit(0)));
