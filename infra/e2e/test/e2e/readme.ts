import { delimiter, join } from 'node:path';
import { writeStackEnv } from '@core/local';
import { readmeExamples, runExample } from '../readme-examples.ts';
import { grpcurlFolder } from './grpcurl.ts';
import type { E2e } from './support.ts';

export const readme = (e2e: () => E2e) => {
  it.each(readmeExamples())('prints an id and an empty score for the example "$title"', async (example) => {
    const { dir, stack } = e2e();
    const path = [grpcurlFolder(dir), process.env['PATH']].filter(Boolean).join(delimiter);
    writeStackEnv(dir, stack.env);
    const printed = await runExample(example, join(dir, 'stack.env'), {
      ...process.env,
      PATH: path,
    });
    expect(printed).toMatch(/"customerId": ?"[0-9a-f-]{36}"/);
    expect(printed.trimEnd()).toMatch(/\{\s*\}$/); // not scored yet
  });
};
