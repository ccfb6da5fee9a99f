import { guardClients, takeFindings } from './guard-clients.ts';

/** Runs before each spec file when the tables of merchants are partitioned: see jest.base.cjs. */
guardClients();

async function failOnFindings(): Promise<void> {
  const findings = await takeFindings();
  if (findings.length > 0) throw new Error(findings.join('\n\n'));
}
afterEach(failOnFindings);
afterAll(failOnFindings);
