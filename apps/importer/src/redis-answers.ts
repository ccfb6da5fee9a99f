/**
 * The words of a server that is not the primary, or not yet: a replica since a failover, one that loads its data, one
 * that has lost its primary, and one that changed its role while a read was blocked. Redis 6 quotes them behind a
 * hyphen in the error of a script. NOREPLICAS, OOM and MISCONF are the words of a primary that cannot write: another
 * connection would lead to the same one.
 */
const ELSEWHERE = /(?:^|[ -])(?:READONLY|LOADING|MASTERDOWN|UNBLOCKED) /;

/** Whether another connection may lead to a server that does what this one refuses. */
export const leadsElsewhere = (error: Error): boolean => ELSEWHERE.test(error.message);
