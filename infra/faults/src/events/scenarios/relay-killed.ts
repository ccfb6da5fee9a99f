import { createFrameReader, KafkaRequest } from '../kafka-frames.ts';
import type { Trap, TrapProxy, TrapTiming } from '../../trap-proxy.ts';
import { awaitTrap } from '../../await-trap.ts';
import type { Fixture, Scenario } from '../scenario.ts';

const times = ({ short }: Fixture): number => (short ? 4 : 20);

export const sendsRecords = (): Trap => {
  const read = createFrameReader();
  return (bytes) => read(bytes).includes(KafkaRequest.produce);
};
/**
 * Waits for the name of the relay's prepared statement, which is in one message with its parameters and the
 * DELETE.
 */
export const marksRows = (): Trap => (bytes) => bytes.includes('delete_published');

export const relayKilled: Scenario[] = [
  {
    name: 'relay killed before send',
    run: (fixture) => killAt(fixture, fixture.stack.kafkaProxy, sendsRecords, 'before'),
  },
  {
    name: 'relay killed mid-batch',
    run: (fixture) => killAt(fixture, fixture.stack.kafkaProxy, sendsRecords, 'after'),
  },
  {
    name: 'relay killed after acknowledgement before mark',
    run: (fixture) => killAt(fixture, fixture.stack.postgresProxy, marksRows, 'before'),
  },
];

async function killAt(fixture: Fixture, proxy: TrapProxy, makeTrap: () => Trap, when: TrapTiming) {
  const { workers } = fixture;
  for (let n = 0; n < times(fixture); n++) {
    if (workers.all().length === 0) await workers.start();
    await awaitTrap(fixture, proxy, makeTrap, when, () => workers.kill());
  }
  return { faults: times(fixture), note: `${times(fixture)} kills` };
}
