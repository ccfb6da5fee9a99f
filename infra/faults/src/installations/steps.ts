import type { Stack } from '@core/stack';

/** The webhooks of a life that arrive when the life says so. */
export type LetterTopic =
  | 'app/uninstalled'
  | 'app/scopes_update'
  | 'shop/redact'
  | 'customers/update'
  | 'customers/redact'
  | 'customers/data_request';

/**
 * How a merchant connects a shop. call: ConnectShop; unopened: the merchant installs the app and does not
 * open it, so no token is granted.
 */
export type Way = 'link' | 'admin' | 'call' | 'unopened';

export type AppName = Parameters<Stack['start']>[0];

/** One thing that happens to a shop. Installations and what triggers a webhook are counted from 1. */
export type Step =
  | { kind: 'install'; of: number; way: Way }
  /** Connects the disconnected shop again, in the same installation. */
  | { kind: 'reconnect'; of: number; way: 'link' | 'call' }
  | { kind: 'disconnect'; of: number }
  /**
   * - completed: until it is completed
   * - interrupted: started; the uninstall follows
   * - dead: started after the uninstall, which the service does not know yet
   */
  | {
      kind: 'import';
      of: number;
      source: 'graphql' | 'bulk';
      until: 'completed' | 'interrupted' | 'dead';
      isScheduled: boolean;
    }
  | { kind: 'edit'; of: number }
  | { kind: 'scopes'; of: number }
  | { kind: 'person'; of: number; topic: 'customers/redact' | 'customers/data_request' }
  | { kind: 'uninstall'; of: number; afterMs: number }
  /** A webhook reaches the service, once more if it was delivered before. */
  | { kind: 'delivery'; of: number; topic: LetterTopic }
  /** A process of the service ends, also for the shops of other lives, and another one starts. */
  | { kind: 'restart'; app: AppName; isKilled: boolean }
  /** Everything that can be done by now is done; then the state is checked. */
  | { kind: 'check' };

export type StepOf<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>;

/** Steps that happen at the same time, in hours since the beginning of the life. */
export interface StepGroup {
  hours: number;
  steps: readonly Step[];
}
export type Life = readonly StepGroup[];

const words = (step: Step): string => {
  switch (step.kind) {
    case 'install':
      return step.way === 'unopened'
        ? `installation ${step.of} without opening the app`
        : `installation ${step.of} by ${step.way}`;
    case 'reconnect':
      return `connection by ${step.way}`;
    case 'import':
      return `import by ${step.source} (${step.until})`;
    case 'delivery':
      return `${step.topic} ${step.of}`;
    case 'person':
      return `trigger of ${step.topic} ${step.of}`;
    case 'restart':
      return `${step.isKilled ? 'kill' : 'restart'} of the ${step.app}`;
    case 'check':
      return 'check';
    default:
      return `${step.kind} ${step.of}`;
  }
};

/** Describes a life in one line; a plus joins what happens at the same time. */
export const describeLife = (life: Life): string =>
  life.map(({ hours, steps }) => `${hours.toFixed(1)} h ${steps.map(words).join(' + ')}`).join(', ');
