import { userInfo } from 'node:os';

/** Returns the actor as the audit log records it: `ops:ada`. */
export const actorOf = (given: string | undefined): string => `ops:${given ?? systemUser()}`;

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown'); // a container's user often has no name
  }
}
