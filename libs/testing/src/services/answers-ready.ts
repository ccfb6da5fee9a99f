import { PROCESS_HEADER } from '@core/runtime';
import type { Child } from './child.ts';

/**
 * Whether this very process is ready. Another process, such as one of another stack, may answer on its port.
 */
export async function answersReady(child: Child, adminUrl: string): Promise<boolean> {
  const reply = await fetch(`${adminUrl}/readyz`);
  const by = reply.headers.get(PROCESS_HEADER);
  await reply.arrayBuffer();
  return child.alive() && reply.ok && by === String(child.pid);
}
