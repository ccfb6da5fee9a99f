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

/** Consecutive ports that are free now; other processes may take any at any time. */
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

it('ports of one start differ, also when those of another start lie in their way', async () => {
  const first = await row(6);
  for (const n of [0, 1, 2]) await hold(first + n);
  // One by one, the next free port above each is the same one.
  const { ports, release } = await reservePorts({ api: first, worker: first + 1, importer: first + 2 });
  held.push({ close: release });
  expect(new Set(Object.values(ports)).size).toBe(3);
  expect(Math.min(...Object.values(ports))).toBeGreaterThan(first + 2);
});

it('ports of two starts at once differ, before anybody listens', async () => {
  const first = await row(6);
  const wanted = { api: first, worker: first + 1 };
  const both = await Promise.all([reservePorts(wanted), reservePorts(wanted)]);
  held.push(...both.map(({ release }) => ({ close: release })));
  expect(new Set(both.flatMap(({ ports }) => Object.values(ports))).size).toBe(4);
});

it('a port that a process has reserved is no other process’s, until that one is gone', async () => {
  const first = await row(2);
  const ports = join(workspaceRoot(), 'libs/testing/src/services/ports.ts');
  const code = `const { reservePorts } = await import(${JSON.stringify(ports)});
    console.log((await reservePorts({ a: ${first} })).ports.a); setInterval(() => undefined, 1000);`;
  // Not from this process, which has reserved `first`. The other process asks for the one above it.
  const neighbour = spawn(
    process.execPath,
    ['--input-type=module', '-e', code.replace(`${first}`, `${first + 1}`)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    const [said] = (await once(neighbour.stdout, 'data')) as [Buffer];
    expect(Number(said)).toBe(first + 1);
    expect(await freePort(first + 1)).toBeGreaterThan(first + 1);
  } finally {
    neighbour.kill('SIGKILL');
    await once(neighbour, 'exit');
  }
  expect(await freePort(first + 1)).toBe(first + 1);
});

it('gives a port again to the process that has it, for a service that starts again', async () => {
  const port = await freePort();
  expect(await freePort(port)).toBe(port);
  const server = await hold(port);
  expect(await freePort(port)).not.toBe(port);
  server.close();
});

it('claims a name once', async () => {
  const name = `spec-${process.pid}`;
  const giveBack = await claim(name);
  expect(giveBack).toBeDefined();
  expect(await claim(name)).toBeUndefined();
  giveBack?.();
  const again = await claim(name);
  expect(again).toBeDefined();
  again?.();
});

it('takes no other process’s word that an app is ready, nor that of one that has ended', async () => {
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
