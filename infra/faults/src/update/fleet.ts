import { readFileSync } from 'node:fs';
import { pause } from '@core/runtime';
import type { Stack } from '@core/stack';
import { grpcClient, whenReady, type Child, type GrpcClient } from '@core/testing';
import { eventually } from '../eventually.ts';

export interface Instance {
  readonly child: Child;
  readonly build: string;
  /** Returns the status of its /readyz. */
  status(): Promise<number>;
}

/** Several apis and a balancer in front of them, which checks each one's readiness as Kubernetes does. */
export interface Fleet extends AsyncDisposable {
  readonly instances: readonly Instance[];
  /** Starts an instance without waiting until it is ready. */
  launch(build: string, main: string): Promise<Instance>;
  /** Starts an instance, and sends it calls once it is ready. */
  add(build: string, main: string): Promise<Instance>;
  /** Sends an instance no more calls, waits for those in flight, and stops it. */
  retire(instance: Instance): Promise<void>;
  /** Makes a call. @throws Error when no instance is ready, or the error of the call */
  call<T>(work: (rpc: GrpcClient) => Promise<T>): Promise<T>;
  /** Returns the errors that the instances have logged, including stopped ones. */
  errors(): string[];
}

interface Member extends Instance {
  rpc: GrpcClient;
  ready: boolean;
  retired: boolean;
  inFlight: number;
}

const CHECK_EVERY_MS = 200;

export function createFleet(stack: Stack, env: Record<string, string>): Fleet {
  const members: Member[] = [];
  const logs: string[] = [];
  let turn = 0;
  let running = true;

  const launch = async (build: string, main: string): Promise<Member> => {
    const name = `${build}-${logs.length}`;
    const { child, adminUrl, target } = await stack.launch('api', { name, main, env });
    const status = async () => (await fetch(`${adminUrl}/readyz`)).status;
    const rpc = grpcClient(target);
    const member = { child, build, status, rpc, ready: false, retired: false, inFlight: 0 };
    members.push(member);
    logs.push(child.logFile);
    return member;
  };
  const watch = async (member: Member) => {
    while (running && !member.retired && member.child.alive()) {
      member.ready = (await member.status().catch(() => 0)) === 200;
      await pause(CHECK_EVERY_MS);
    }
    member.ready = false;
  };

  return {
    instances: members,
    launch,
    async add(build, main) {
      const member = await launch(build, main);
      await whenReady(member.child, async () => (await member.status()) === 200);
      member.ready = true;
      void watch(member);
      return member;
    },
    async retire(instance) {
      const member = members.find((each) => each === instance);
      if (!member) return;
      member.retired = true;
      await eventually('the calls in flight to end', () => member.inFlight === 0);
      member.rpc.close();
      await member.child.stop();
      members.splice(members.indexOf(member), 1);
    },
    async call(work) {
      const ready = members.filter((member) => member.ready && !member.retired);
      const member = ready[turn++ % ready.length];
      if (!member) throw new Error('no instance is ready');
      member.inFlight++;
      try {
        return await work(member.rpc);
      } finally {
        member.inFlight--;
      }
    },
    errors: () =>
      logs
        .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
        .filter((line) => /"level":"?(50|error)/.test(line)),
    async [Symbol.asyncDispose]() {
      running = false;
      for (const { rpc, child } of members) {
        rpc.close();
        await child.kill();
      }
    },
  };
}
