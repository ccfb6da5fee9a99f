import type { Trap, TrapProxy, When } from './trap-proxy.ts';

/**
 * Resolves once the trap has sprung, its action is done, and the held bytes are answered.
 * @throws Error when no bytes trigger the trap for five minutes
 */
export async function awaitTrap(
  { signal }: { signal: AbortSignal },
  proxy: TrapProxy,
  makeTrap: () => Trap,
  when: When,
  action: () => Promise<void>,
): Promise<void> {
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  const late = setTimeout(() => reject(new Error('no traffic has triggered the fault')), 300_000);
  const interrupted = () => reject(signal.reason as Error);
  signal.addEventListener('abort', interrupted);
  try {
    await Promise.race([proxy.arm(makeTrap, action, when), givenUp]);
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', interrupted);
    proxy.disarm();
  }
}
