import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requestTestServices } from './ask-run.ts';

let dir: string;
let server: Server;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'core-ask-'))));
afterEach(() => {
  server.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Starts a server that stands in for a run of `npm test`, and returns its socket. */
async function run(answer: (line: Socket) => void): Promise<string> {
  const socket = join(dir, 'run.sock');
  server = createServer(answer);
  await once(server.listen(socket), 'listening');
  return socket;
}

it('returns the addresses, even when they arrive in several pieces', async () => {
  const kill = jest.spyOn(process, 'kill').mockReturnValue(true);
  const ended = Promise.withResolvers<void>();
  const socket = await run((line) => {
    line.write('{"redis":');
    setTimeout(() => line.write('{"url":"redis://x"}}\n'), 20);
    line.once('close', ended.resolve);
    setTimeout(() => line.end(), 60);
  });
  expect(await requestTestServices(socket)).toBe('{"redis":{"url":"redis://x"}}');
  expect(kill).not.toHaveBeenCalled();
  // The process ends when the run ends.
  await ended.promise;
  expect(kill).toHaveBeenCalledWith(process.pid, 'SIGTERM');
  kill.mockRestore();
});

it('rejects with the reason why no services are available', async () => {
  const socket = await run((line) => line.write('{"problem":"no Java"}\n'));
  await expect(requestTestServices(socket)).rejects.toThrow('no Java');
});

it('fails when no run listens on the socket', async () => {
  server = createServer();
  await expect(requestTestServices(join(dir, 'nobody.sock'))).rejects.toThrow('ENOENT');
});
