import { callsOf } from './requests-per-process.ts';
import { countUsable } from './usable-replicas.ts';

const METRICS = `# HELP core_process_calls_total Calls answered by each process
# TYPE core_process_calls_total counter
core_process_calls_total{process="101",app="api"} 6781
core_process_calls_total{app="api",process="102"} 7179
core_replica_usable{replica="127.0.0.1:5434",app="api"} 1
core_replica_usable{replica="127.0.0.1:5435",app="api"} 0
core_replica_lag_seconds{replica="127.0.0.1:5435",app="api"} 1
`;

it('parses the calls of each process', () =>
  expect([...callsOf(METRICS)]).toEqual([
    ['101', 6781],
    ['102', 7179],
  ]));

it('counts a replica as usable when every process uses it', () => {
  expect(countUsable(METRICS)).toBe(1);
  expect(countUsable('')).toBe(0);
});
