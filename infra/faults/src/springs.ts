import type { Trap, TrapProxy, When } from './trap-proxy.ts';

/** Resolves once the trap has sprung, its deed is done and what was held is answered. @throws when nothing walks into it for minutes */
export async function springs(
  { signal }: { signal: AbortSignal },
  proxy: TrapProxy,
  makeTrap: () => Trap,
  when: When,
  deed: () => Promise<void>,
): Promise<void> {
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  const late = setTimeout(() => reject(new Error('nothing came to the place of the fault')), 300_000);
  const interrupted = () => reject(signal.reason as Error);
  signal.addEventListener('abort', interrupted);
  try {
    await Promise.race([proxy.arm(makeTrap, deed, when), givenUp]);
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', interrupted);
    proxy.disarm();
  }
}
