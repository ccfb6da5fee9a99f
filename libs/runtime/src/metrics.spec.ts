import { registerProcessGauge, Registry, sumMetrics } from './metrics.ts';

it('reads the figure of this process at each scrape, and names the process', async () => {
  const registry = new Registry();
  let figure = 1;
  registerProcessGauge(registry, 'core_a_bytes', 'Bytes held, by process', () => figure);
  figure = 2;
  const text = await registry.metrics();
  expect(text).toContain('# HELP core_a_bytes Bytes held, by process\n# TYPE core_a_bytes gauge\n');
  expect(text).toContain(`core_a_bytes{process="${process.pid}"} 2\n`);
});

it('keeps the figures of two processes apart when their metrics are added up', async () => {
  const registry = new Registry();
  registerProcessGauge(registry, 'core_a_bytes', 'Bytes held, by process', () => 2);
  const own = await registry.getMetricsAsJSON();
  const text = await sumMetrics([own, inProcess(own, '1')]).metrics();
  expect(text).toContain(`core_a_bytes{process="${process.pid}"} 2\n`);
  expect(text).toContain('core_a_bytes{process="1"} 2\n');
});

/** Returns the metrics as another process would report them. */
const inProcess = <T>(metrics: T, pid: string): T =>
  JSON.parse(JSON.stringify(metrics).replaceAll(`"process":"${process.pid}"`, `"process":"${pid}"`)) as T;
