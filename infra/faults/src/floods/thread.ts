import { parentPort, workerData } from 'node:worker_threads';
import type { Flood, FloodPorts, FloodState } from './flood.ts';
import { floodJson } from './json.ts';
import { floodStreams } from './streams.ts';

const { kind, ...ports } = workerData as FloodPorts & { kind: 'json' | 'streams' };
const flood: Flood = kind === 'json' ? floodJson(ports) : floodStreams(ports);
const report = (stopped: boolean): void => {
  const state: FloodState = { refused: flood.refused(), others: flood.others, stopped };
  parentPort?.postMessage(state);
};
const reporting = setInterval(report, 100, false).unref();
parentPort?.once('message', async () => {
  await flood.stop();
  // The state "stopped" must be the last one.
  clearInterval(reporting);
  report(true);
});
