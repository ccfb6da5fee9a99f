import { useSession } from '../../session/session.ts';

/** Whether the api returns emails to this caller. It records the disclosure of each page in the audit log. */
export const useMaySeeEmails = (): boolean => useSession().scopes.includes('customers:pii');
