import { PROCESS_HEADER } from '@core/runtime';
import type { Child } from './child.ts';

/** Whether the app itself is ready: another process may answer on its port, such as one of another stack. */
export async function answersReady(child: Child, adminUrl: string): Promise<boolean> {
  const reply = await fetch(`${adminUrl}/readyz`);
  const by = reply.headers.get(PROCESS_HEADER);
  await reply.arrayBuffer();
  return child.alive() && reply.ok && by === String(child.pid);
}
