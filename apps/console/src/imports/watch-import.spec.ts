import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { CustomerImportSchema, ImportStatus } from '@core/contracts/web';
import { delayAfter, watchImport } from './watch-import.ts';

const snapshot = (read: bigint, status: ImportStatus = ImportStatus.RUNNING) => ({
  customerImport: create(CustomerImportSchema, { read, status }),
});
const lost = new ConnectError('the connection was reset', Code.Unavailable);

type Part = ReturnType<typeof snapshot> | Error;

/** Watches streams that yield the given parts, and returns what the page was told. */
async function watch(streams: readonly (readonly Part[])[]) {
  const told: string[] = [];
  const [controller, left] = [new AbortController(), [...streams]];
  await watchImport({
    async *open() {
      const parts = left.shift();
      if (!parts) return controller.abort();
      for (const part of parts) {
        if (part instanceof Error) throw part;
        yield part;
      }
    },
    onSnapshot: ({ read }) => told.push(`read ${read}`),
    onState: (state) => told.push(state),
    onError: (error) => told.push(String(error)),
    signal: controller.signal,
    wait: async (ms) => void told.push(`waits ${ms}`),
  });
  return told;
}

it('tells every snapshot until the import has ended', async () => {
  expect(
    await watch([[snapshot(1n), snapshot(2n), snapshot(3n, ImportStatus.COMPLETED), snapshot(4n)]]),
  ).toEqual(['read 1', 'live', 'read 2', 'live', 'read 3', 'ended']);
});

it('opens a stream again that was lost or ended early, more and more slowly', async () => {
  const told = await watch([[snapshot(1n), lost], [lost], [], [snapshot(2n, ImportStatus.FAILED)]]);
  expect(told).toEqual([
    ...['read 1', 'live'],
    ...['reconnecting', 'waits 500', 'reconnecting', 'waits 1000', 'reconnecting', 'waits 2000'],
    ...['read 2', 'ended'],
  ]);
});

it('starts from the shortest wait after a snapshot', async () => {
  const told = await watch([[lost], [lost], [snapshot(1n), lost], [snapshot(2n, ImportStatus.CANCELLED)]]);
  expect(told.filter((each) => each.startsWith('waits'))).toEqual(['waits 500', 'waits 1000', 'waits 500']);
});

it('ends with an error that a repetition cannot resolve', async () => {
  expect(await watch([[new ConnectError('gone', Code.NotFound)]])).toEqual([
    'ConnectError: [not_found] gone',
  ]);
});

it('ends when the page is left', async () =>
  expect(await watch([[snapshot(1n)], []])).toContain('reconnecting'));

it.each([
  [0, 0],
  [1, 500],
  [5, 8_000],
  [6, 15_000],
  [60, 15_000],
])('waits after %s failures for %s ms', (failures, ms) => expect(delayAfter(failures)).toBe(ms));
