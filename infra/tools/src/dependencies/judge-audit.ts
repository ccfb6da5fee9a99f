/** One package in the output of `npm audit --json` (audit report version 2). */
interface Vulnerable {
  severity: string;
  /** Advisories, or the names of the dependencies that cause them. */
  via: (string | { title?: string; url?: string })[];
  /**
   * false: no fix; true: a fix within the requested ranges; otherwise the release with the fix, which may be
   * breaking.
   */
  fixAvailable: boolean | { name: string; version: string };
}

export interface AuditVerdict {
  /** The reasons of the failure, one line for each package. */
  failures: string[];
  /** Findings that do not fail the check. */
  notes: string[];
}

const FAILING = ['high', 'critical'];

/**
 * Judges a report. A vulnerability fails the check when it is high or critical and has a fix, because no
 * action is possible without one. An unreachable registry does not fail the check, which must not depend on
 * an external server; it is reported as a note.
 */
export function judgeAudit(output: string): AuditVerdict {
  const vulnerabilities = vulnerabilitiesIn(output);
  if (!vulnerabilities) {
    return {
      failures: [],
      notes: ['the registry could not be queried for advisories; run `npm audit` where it can be reached'],
    };
  }
  const verdict: AuditVerdict = { failures: [], notes: [] };
  for (const [name, vulnerable] of Object.entries(vulnerabilities)) {
    const { severity, fixAvailable } = vulnerable;
    const fails = FAILING.includes(severity) && fixAvailable !== false;
    verdict[fails ? 'failures' : 'notes'].push(
      `${name}: ${severity}, ${why(vulnerable)}; ${fix(vulnerable)}`,
    );
  }
  return verdict;
}

/** Returns the vulnerabilities; undefined when the output is not a report. */
function vulnerabilitiesIn(output: string): Record<string, Vulnerable> | undefined {
  try {
    return (JSON.parse(output) as { vulnerabilities?: Record<string, Vulnerable> }).vulnerabilities;
  } catch {
    return undefined;
  }
}

const why = ({ via }: Vulnerable): string =>
  via
    .map((each) => (typeof each === 'string' ? `by ${each}` : (each.url ?? each.title ?? 'unnamed')))
    .join(', ');

const fix = ({ fixAvailable }: Vulnerable): string => {
  if (fixAvailable === false) return 'no fix yet';
  return fixAvailable === true ? 'npm audit fix' : `fixed by ${fixAvailable.name} ${fixAvailable.version}`;
};
