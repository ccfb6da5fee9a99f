import type { Stack } from '@core/stack';
import type { Child } from '@core/testing';
import { REDACT_WAIT } from './life.ts';
import type { AppName, StepOf } from './steps.ts';

const UNLIMITED = 'score_reads=0,reads=0,writes=0,exports=0,in_flight=0';

/** One process of each app, which another one can replace. */
export interface Apps {
  /** Its addresses stay the same. */
  api: { url: string; target: string };
  restart(step: StepOf<'restart'>): Promise<void>;
  processes(): readonly Child[];
  /** When a process was killed, in ms since 1970. */
  kills(): readonly number[];
}

export async function startApps(
  stack: Stack,
  { clientSecret, signal }: { clientSecret: string; signal: AbortSignal },
): Promise<Apps> {
  // The most verbose logs: the suite looks for secrets in them.
  const common = { LOG_LEVEL: 'trace' };
  const environment: Record<AppName, Record<string, string>> = {
    api: {
      ...common,
      ...stack.issuer.env,
      CORE_API_PROCESSES: '1',
      SHOPIFY_CLIENT_SECRET: clientSecret,
      SHOPIFY_DISTRIBUTION: 'public',
      CORE_QUOTA_CALLER: UNLIMITED,
      CORE_QUOTA_MERCHANT: UNLIMITED,
    },
    worker: {
      ...common,
      CORE_SHOP_REDACT_WAIT: String(REDACT_WAIT * 3_600),
      CORE_SHOP_REDACT_MOST: '1000000',
    },
    importer: { ...common, SHOPIFY_CLIENT_SECRET: clientSecret },
  };
  const start = (app: AppName) => stack.start(app, { env: environment[app] });
  const [api, worker, importer] = await Promise.all([start('api'), start('worker'), start('importer')]);
  const running = { api, worker, importer };
  /** Restarts happen one at a time. */
  let last: Promise<unknown> = Promise.resolve();
  let restarts = 0;
  const kills: number[] = [];
  const replace = async ({ app, isKilled }: StepOf<'restart'>) => {
    signal.throwIfAborted();
    const { child, ports } = running[app];
    await (isKilled ? child.kill() : child.stop());
    if (isKilled) kills.push(Date.now());
    // A separate log: a process that starts overwrites the one of its name.
    const name = `${app}-${++restarts}`;
    running[app] = await stack.start(app, { name, env: environment[app], ports });
  };
  return {
    api,
    restart: (step) => {
      const next = last.then(() => replace(step));
      last = next.catch(() => undefined);
      return next;
    },
    processes: () => Object.values(running).map(({ child }) => child),
    kills: () => kills,
  };
}
