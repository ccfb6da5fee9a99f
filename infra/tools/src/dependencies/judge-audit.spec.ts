// tag: compliance
import { judgeAudit } from './judge-audit.ts';

const report = (vulnerabilities: Record<string, unknown>) =>
  JSON.stringify({ auditReportVersion: 2, vulnerabilities, metadata: {} });
const advisory = { source: 1, name: 'left', title: 'Left goes right', url: 'https://example.com/advisory' };

describe('judgeAudit', () => {
  it('passes a report without vulnerabilities', () => {
    expect(judgeAudit(report({}))).toEqual({ failures: [], notes: [] });
  });

  it.each([
    ['high', true, 'npm audit fix'],
    ['critical', { name: 'top', version: '2.0.0', isSemVerMajor: true }, 'fixed by top 2.0.0'],
  ])('fails on a %s vulnerability that has a fix', (severity, fixAvailable, fix) => {
    const { failures, notes } = judgeAudit(report({ left: { severity, via: [advisory], fixAvailable } }));
    expect(failures).toEqual([`left: ${severity}, https://example.com/advisory; ${fix}`]);
    expect(notes).toEqual([]);
  });

  it.each([
    ['critical', false],
    ['moderate', true],
    ['low', { name: 'top', version: '2.0.0' }],
  ])('reports a %s vulnerability with the fix %j without failing', (severity, fixAvailable) => {
    const { failures, notes } = judgeAudit(report({ left: { severity, via: ['right'], fixAvailable } }));
    expect(failures).toEqual([]);
    expect(notes).toHaveLength(1);
  });

  it.each([
    JSON.stringify({ message: '405 Method Not Allowed', statusCode: 405 }),
    JSON.stringify({ error: { code: 'ENOTFOUND', summary: 'no network' } }),
    'npm error network',
    '',
  ])('reports that the registry could not be reached: %s', (output) => {
    const { failures, notes } = judgeAudit(output);
    expect(failures).toEqual([]);
    expect(notes).toEqual([expect.stringContaining('could not be queried')]);
  });
});
