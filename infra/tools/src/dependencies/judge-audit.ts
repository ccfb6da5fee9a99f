/** One package in the output of `npm audit --json`. Source: npm's audit report, version 2. */
interface Vulnerable {
  severity: string;
  /** Advisories, or the names of the packages that bring them in. */
  via: (string | { title?: string; url?: string })[];
  /** false: none; true: within the ranges asked for; else the release to ask for, which may break. */
  fixAvailable: boolean | { name: string; version: string };
}

export interface AuditVerdict {
  /** Why the check fails: a line a package. */
  failures: string[];
  /** Findings that are worth knowing and fail nothing. */
  notes: string[];
}

const FAILING = ['high', 'critical'];

/**
 * A vulnerability fails the check when it is high or critical and has a fix: nobody here could act on the
 * others. A registry that could not be asked fails nothing, because a check must not depend on somebody's
 * server, but a note says so.
 */
export function judgeAudit(output: string): AuditVerdict {
  const vulnerabilities = vulnerabilitiesIn(output);
  if (!vulnerabilities) {
    return {
      failures: [],
      notes: ['the registry could not be asked for advisories; run `npm audit` where it can be reached'],
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

/** Undefined when npm has no report, whatever it says instead. */
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
