/** The kinds of problems, in the order of the table. */
export const PROBLEM_KINDS = [
  /** An installed shop that is not connected, or whose customers are gone, or that cannot be imported. */
  'shops lost',
  /** Customers that are gone although no redaction was due. */
  'data lost',
  /** Tokens of an ended connection, and secrets in plain anywhere. */
  'tokens left',
  /** Requests to a shop more than two seconds after its uninstall was applied. */
  'late requests',
  /** Customers after the redaction of their shop. */
  'data left',
  /** Runs and schedules that continue after the uninstall, and runs that ended without the reason. */
  'runs left',
  'installations miscounted',
  /** Rules of Shopify that the service has broken. */
  'rules broken',
  /** Installations and webhooks that the service has refused. */
  'refused',
  /** Work that does not end. */
  'stuck',
] as const;
export type ProblemKind = (typeof PROBLEM_KINDS)[number];

export interface Problem {
  kind: ProblemKind;
  says: string;
}

/** Ends a life at once, because the following steps depend on this one. */
export class LifeProblem extends Error {
  override name = 'LifeProblem';
  readonly kind: ProblemKind;

  constructor(kind: ProblemKind, says: string) {
    super(says);
    this.kind = kind;
  }
}
