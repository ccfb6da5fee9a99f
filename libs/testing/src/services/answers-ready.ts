import { PROCESS_HEADER } from '@core/runtime';
import type { Child } from './child.ts';

/** Whether an app is ready by its own word: on its port another process may answer, such as that of another stack. */
export async function answersReady(child: Child, adminUrl: string): Promise<boolean> {
  const reply = await fetch(`${adminUrl}/readyz`);
  const by = reply.headers.get(PROCESS_HEADER);
  await reply.arrayBuffer();
  return child.alive() && reply.ok && by === String(child.pid);
}
