import { parentPort, workerData } from 'node:worker_threads';
import type { Flood, FloodPorts, FloodState } from './flood.ts';
import { floodJson } from './json.ts';
import { floodStreams } from './streams.ts';

const { kind, ...ports } = workerData as FloodPorts & { kind: 'json' | 'streams' };
const flood: Flood = kind === 'json' ? floodJson(ports) : floodStreams(ports);
const tell = (stopped: boolean): void => {
  const state: FloodState = { refused: flood.refused(), others: flood.others, stopped };
  parentPort?.postMessage(state);
};
const telling = setInterval(tell, 100, false).unref();
parentPort?.once('message', async () => {
  await flood.stop();
  // The state that it has stopped must stay the last one.
  clearInterval(telling);
  tell(true);
});
