/**
 * Error codes of a server that is not, or not yet, the primary. It may be a replica after a failover, be
 * loading its data, have lost its primary, or have changed its role during a blocked read. Redis 6 quotes the
 * code after a hyphen in the error of a script. NOREPLICAS, OOM and MISCONF come from a primary that cannot
 * write: another connection would lead to the same server.
 */
const ELSEWHERE = /(?:^|[ -])(?:READONLY|LOADING|MASTERDOWN|UNBLOCKED) /;

/** Returns whether another connection may lead to a server that accepts the command. */
export const isNotPrimary = (error: Error): boolean => ELSEWHERE.test(error.message);
