import { createFrameReader, KafkaRequest } from '../kafka-frames.ts';
import type { Trap, TrapProxy, When } from '../trap-proxy.ts';
import type { Fixture, Scenario } from '../scenario.ts';

const times = ({ short }: Fixture): number => (short ? 4 : 20);

export const sendsRecords = (): Trap => {
  const read = createFrameReader();
  return (bytes) => read(bytes).includes(KafkaRequest.produce);
};
/** The name of the relay's prepared statement; its parameters and the DELETE itself go in the same message. */
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

async function killAt(fixture: Fixture, proxy: TrapProxy, makeTrap: () => Trap, when: When) {
  const { workers } = fixture;
  for (let n = 0; n < times(fixture); n++) {
    if (workers.all().length === 0) await workers.start();
    await springs(fixture, proxy, makeTrap, when, () => workers.kill());
  }
  return { faults: times(fixture), note: `${times(fixture)} kills` };
}

/** Resolves once the trap has sprung, its deed is done and what was held is answered. @throws when nothing walks into it for minutes */
export async function springs(
  { signal }: Pick<Fixture, 'signal'>,
  proxy: TrapProxy,
  makeTrap: () => Trap,
  when: When,
  deed: () => Promise<void>,
): Promise<void> {
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  const late = setTimeout(() => reject(new Error('nothing came to the place of the fault')), 300_000);
  const interrupted = () => reject(signal.reason as Error);
  signal.addEventListener('abort', interrupted);
  try {
    await Promise.race([proxy.arm(makeTrap, deed, when), givenUp]);
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', interrupted);
    proxy.disarm();
  }
}
