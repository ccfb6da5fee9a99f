import type { DescMethod } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel as Level } from '@bufbuild/protobuf/wkt';
import type { Rows } from '@core/testing';
import { importExport } from './import-export.ts';

interface Method {
  kind: 'unary' | 'stream';
  desc: DescMethod;
  scope: string;
  cost: string;
  largestRequest: number;
}

/** Returns every rpc of the api. */
export const readMethods = async (
  root: string,
): Promise<{ methods: readonly Method[]; deadlineMs: number }> => ({
  methods: await importExport(root, 'apps/api/src/methods.ts', 'METHODS'),
  deadlineMs: await importExport(root, 'apps/api/src/rpc-context/open-call.ts', 'DEFAULT_DEADLINE_MS'),
});

/** Whether the rpc is read-only or idempotent. */
const isRetriable = ({ desc }: Method): boolean => desc.idempotency !== Level.IDEMPOTENCY_UNKNOWN;

export const rpcTable = (methods: readonly Method[], deadlineMs: number): Rows =>
  methods.map((method) => {
    const { kind, desc, scope, cost, largestRequest } = method;
    return {
      rpc: `\`${desc.parent.typeName}/${desc.name}\``,
      scope: `\`${scope}\``,
      quota: `\`${cost}\``,
      'largest request': `${Math.round(largestRequest / 1024)} KiB`,
      'default deadline': kind === 'unary' ? `${deadlineMs / 1000} s` : 'none',
      GET: kind === 'unary' && desc.idempotency === Level.NO_SIDE_EFFECTS ? 'yes' : 'no',
      retriable: isRetriable(method) ? 'yes' : 'no',
    };
  });

/**
 * Returns the service config for gRPC clients: a deadline for each unary rpc, and retries of UNAVAILABLE for
 * idempotent rpcs.
 */
export function serviceConfig(methods: readonly Method[]): object {
  const name = ({ desc }: Method) => ({ service: desc.parent.typeName, method: desc.name });
  const unary = methods.filter(({ kind }) => kind === 'unary');
  return {
    loadBalancingConfig: [{ round_robin: {} }],
    methodConfig: [
      {
        name: unary.filter(isRetriable).map(name),
        timeout: '5s',
        retryPolicy: {
          maxAttempts: 4,
          initialBackoff: '0.05s',
          maxBackoff: '1s',
          backoffMultiplier: 2,
          retryableStatusCodes: ['UNAVAILABLE'],
        },
      },
      { name: unary.filter((method) => !isRetriable(method)).map(name), timeout: '10s' },
    ],
  };
}
