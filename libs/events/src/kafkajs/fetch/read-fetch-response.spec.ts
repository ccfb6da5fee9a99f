import { readFetchAnswer } from './read-fetch-response.ts';

const int = (bytes: 2 | 4 | 8, value: number): Buffer => {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 8) buffer.writeBigInt64BE(BigInt(value));
  else buffer.writeIntBE(value, 0, bytes);
  return buffer;
};
const text = (value: string) => Buffer.concat([int(2, value.length), Buffer.from(value)]);
const list = (...each: Buffer[]) => Buffer.concat([int(4, each.length), ...each]);

/** Encodes one partition without records. */
const partition = (version: number, number: number, errorCode: number) =>
  Buffer.concat([
    int(4, number),
    int(2, errorCode),
    int(8, 10), // high watermark
    int(8, 9), // last stable offset
    ...(version >= 5 ? [int(8, 0)] : []),
    list(Buffer.concat([int(8, 77), int(8, 5)])), // aborted transactions
    ...(version >= 11 ? [int(4, 3)] : []),
    int(4, -1),
  ]);
const answer = (version: number, ...partitions: Buffer[]) =>
  Buffer.concat([
    int(4, 40), // throttle time
    ...(version >= 7 ? [int(2, 0), int(4, 12)] : []),
    list(Buffer.concat([text('a.topic'), list(...partitions)])),
  ]);
const read = (version: number, ...partitions: Buffer[]) =>
  readFetchAnswer(version, answer(version, ...partitions), (_, number) => BigInt(number));

it.each([4, 5, 6, 7, 8, 9, 10, 11])('reads version %i', async (version) => {
  const { responses, ...rest } = await read(version, partition(version, 0, 0), partition(version, 1, 0));
  expect(responses).toEqual([
    {
      topicName: 'a.topic',
      partitions: [0, 1].map((number) => ({
        partition: number,
        errorCode: 0,
        highWatermark: '10',
        lastStableOffset: '9',
        abortedTransactions: [{ producerId: '77', firstOffset: '5' }],
        preferredReadReplica: version >= 11 ? 3 : -1,
        messages: [],
      })),
    },
  ]);
  expect(rest).toEqual({
    throttleTime: version >= 8 ? 0 : 40,
    clientSideThrottleTime: version >= 8 ? 40 : 0,
    errorCode: 0,
    sessionId: version >= 7 ? 12 : 0,
  });
});

it.each([-1, 2, 29, 56, 76, 999])(
  'turns an error of one partition into an unreadable entry, without effect on others: %i',
  async (code) => {
    const { responses } = await read(11, partition(11, 0, 0), partition(11, 7, code));
    const [fine, refused] = responses[0]!.partitions;
    expect(fine).toMatchObject({ errorCode: 0, messages: [] });
    expect(refused).toMatchObject({
      errorCode: 0,
      messages: [{ offset: '7', unreadable: { first: 7n, raw: undefined } }],
    });
    expect((refused!.messages[0] as { unreadable: { why: string } }).unreadable.why).not.toBe('');
  },
);

it.each([1, 3, 6, 74])('passes errors that kafkajs resolves to kafkajs: %i', async (code) => {
  const { responses } = await read(11, partition(11, 7, code));
  expect(responses[0]!.partitions).toMatchObject([{ errorCode: code, messages: [] }]);
});
