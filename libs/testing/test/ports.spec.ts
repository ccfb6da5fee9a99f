import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { answersReady, claim, freePort, reservePorts, workspaceRoot, type Child } from '../src/index.ts';

const held: { close(): unknown }[] = [];
afterEach(() => {
  for (const each of held.splice(0)) each.close();
});
const hold = async (port: number): Promise<Server> => {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  held.push(server);
  return server;
};

/** Finds consecutive ports that are free now. Other processes may occupy one at any time. */
async function row(length: number): Promise<number> {
  for (;;) {
    const first = await freePort();
    const rest = await reservePorts(
      Object.fromEntries(Array.from({ length: length - 1 }, (_, n) => [`${n}`, first + 1 + n])),
    );
    rest.release();
    if (Object.values(rest.ports).every((port, n) => port === first + 1 + n)) return first;
  }
}

it('reserves different ports for one start, also when another start occupies the preferred ones', async () => {
  const first = await row(6);
  for (const n of [0, 1, 2]) await hold(first + n);
  // Without a reservation, all three would get the same next free port.
  const { ports, release } = await reservePorts({ api: first, worker: first + 1, importer: first + 2 });
  held.push({ close: release });
  expect(new Set(Object.values(ports)).size).toBe(3);
  expect(Math.min(...Object.values(ports))).toBeGreaterThan(first + 2);
});

it('reserves different ports for two concurrent starts, before any service listens', async () => {
  const first = await row(6);
  const wanted = { api: first, worker: first + 1 };
  const both = await Promise.all([reservePorts(wanted), reservePorts(wanted)]);
  held.push(...both.map(({ release }) => ({ close: release })));
  expect(new Set(both.flatMap(({ ports }) => Object.values(ports))).size).toBe(4);
});

it('gives a reserved port to no other process, until the process that reserved it has ended', async () => {
  const first = await row(2);
  const ports = join(workspaceRoot(), 'libs/testing/src/services/ports.ts');
  const code = `const { reservePorts } = await import(${JSON.stringify(ports)});
    console.log((await reservePorts({ a: ${first} })).ports.a); setInterval(() => undefined, 1000);`;
  // This process has already reserved `first`, so the other process requests the port above it.
  const neighbor = spawn(
    process.execPath,
    ['--input-type=module', '-e', code.replace(`${first}`, `${first + 1}`)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    const [printed] = (await once(neighbor.stdout, 'data')) as [Buffer];
    expect(Number(printed)).toBe(first + 1);
    expect(await freePort(first + 1)).toBeGreaterThan(first + 1);
  } finally {
    neighbor.kill('SIGKILL');
    await once(neighbor, 'exit');
  }
  expect(await freePort(first + 1)).toBe(first + 1);
});

it('returns a reserved port again to the same process, to restart a service', async () => {
  const port = await freePort();
  expect(await freePort(port)).toBe(port);
  const server = await hold(port);
  expect(await freePort(port)).not.toBe(port);
  server.close();
});

it('claims a name only once, until it is released', async () => {
  const name = `spec-${process.pid}`;
  const giveBack = await claim(name);
  expect(giveBack).toBeDefined();
  expect(await claim(name)).toBeUndefined();
  giveBack?.();
  const again = await claim(name);
  expect(again).toBeDefined();
  again?.();
});

it('does not accept readiness from another process, or from a process that has ended', async () => {
  let by = process.pid;
  const server = createHttpServer((_req, res) => res.setHeader('x-core-process', by).end('{}'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  held.push(server);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const child = (alive: boolean) => ({ pid: process.pid, alive: () => alive }) as Child;
  expect(await answersReady(child(true), url)).toBe(true);
  expect(await answersReady(child(false), url)).toBe(false);
  by = 1;
  expect(await answersReady(child(true), url)).toBe(false);
});
