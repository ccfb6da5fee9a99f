import { makeServicesDir, removeServicesDir } from '@core/testing';
import { cpuSnapshot, disturbance } from '../cpu.ts';
import { describeMachine } from '../describe-machine.ts';
import { describeDisturbance, isClean } from '../rounds.ts';
import type { Report, SuiteOptions } from '../suite.ts';
import { measurePage, type MeasuredPage, type PageToMeasure } from './measure-page.ts';
import { openConsole, type OpenConsole } from './open-console.ts';
import { reportConsole, type PageName } from './report-console.ts';
import { watchRun } from './watch-run.ts';

/** A quick run only shows that the suite works. */
const [CUSTOMERS, QUICK] = [50_000, 5_000];

/** Measures what a person feels: how soon pages show and answer, and what watching an import costs. */
export async function benchConsole(options: SuiteOptions): Promise<Report> {
  const { rounds, warmUp, say, stops } = options;
  const customers = warmUp > 1 ? CUSTOMERS : QUICK;
  const dir = stops.adopt(makeServicesDir(), removeServicesDir);
  const opened = await openConsole(dir, customers, options);
  const watched = await watchRun(opened, customers);
  say(
    `watched ${customers} customers for ${watched.seconds.toFixed(0)} s: ${watched.arrived} updates, ` +
      `${watched.dropped} dropped, heap grew by ${(watched.grownBytes / 2 ** 20).toFixed(2)} MiB`,
  );
  const pages: Record<PageName, PageToMeasure> = {
    overview: { path: '', shows: 'Last import', leadsTo: 'Imports' },
    imports: { path: '/imports', shows: 'Completed', leadsTo: 'Overview' },
    run: { path: watched.path, shows: 'Completed', leadsTo: 'Imports' },
  };
  const clean: Record<PageName, MeasuredPage>[] = [];
  for (let round = 0; clean.length < rounds && round < 2 * rounds; round++) {
    const before = cpuSnapshot();
    const measured = await measureAll(opened, pages, options);
    const disturbed = disturbance(before, cpuSnapshot());
    say(`round ${round + 1}  ${JSON.stringify(measured)}  ${describeDisturbance(disturbed)}`);
    if (isClean(disturbed)) clean.push(measured);
  }
  const machine = await describeMachine(opened.ownerUrl);
  return reportConsole({ clean, watched, machine, settings: { customers, rounds: clean.length } });
}

async function measureAll(
  opened: OpenConsole,
  pages: Record<PageName, PageToMeasure>,
  { signal }: Pick<SuiteOptions, 'signal'>,
): Promise<Record<PageName, MeasuredPage>> {
  const found: Partial<Record<PageName, MeasuredPage>> = {};
  for (const name of Object.keys(pages) as PageName[]) {
    signal.throwIfAborted();
    found[name] = await measurePage(opened, pages[name]);
  }
  return found as Record<PageName, MeasuredPage>;
}
