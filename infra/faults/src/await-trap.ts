import type { Trap, TrapProxy, TrapTiming } from './trap-proxy.ts';

/**
 * Resolves once the trap has triggered, its action is done, and the held bytes are answered.
 * @throws Error when no bytes trigger the trap for five minutes
 */
export async function awaitTrap(
  { signal }: { signal: AbortSignal },
  proxy: TrapProxy,
  makeTrap: () => Trap,
  when: TrapTiming,
  action: () => Promise<void>,
): Promise<void> {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  const timeout = setTimeout(() => reject(new Error('no traffic has triggered the fault')), 300_000);
  const interrupted = () => reject(signal.reason as Error);
  signal.addEventListener('abort', interrupted);
  try {
    await Promise.race([proxy.arm(makeTrap, action, when), failed]);
  } finally {
    clearTimeout(timeout);
    signal.removeEventListener('abort', interrupted);
    proxy.disarm();
  }
}
