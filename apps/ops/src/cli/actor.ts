import { userInfo } from 'node:os';

/** The actor as it is recorded: `ops:ada`. */
export const actorOf = (given: string | undefined): string => `ops:${given ?? systemUser()}`;

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown'); // a container's user often has no name
  }
}
