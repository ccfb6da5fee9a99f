import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askRun } from './ask-run.ts';

let dir: string;
let server: Server;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'core-ask-'))));
afterEach(() => {
  server.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A run that answers each who asks so. */
async function run(answer: (line: Socket) => void): Promise<string> {
  const socket = join(dir, 'run.sock');
  server = createServer(answer);
  await once(server.listen(socket), 'listening');
  return socket;
}

it('gets the addresses, in whatever pieces they come', async () => {
  const kill = jest.spyOn(process, 'kill').mockReturnValue(true);
  const ended = Promise.withResolvers<void>();
  const socket = await run((line) => {
    line.write('{"redis":');
    setTimeout(() => line.write('{"url":"redis://x"}}\n'), 20);
    line.once('close', ended.resolve);
    setTimeout(() => line.end(), 60);
  });
  expect(await askRun(socket)).toBe('{"redis":{"url":"redis://x"}}');
  expect(kill).not.toHaveBeenCalled();
  // And ends with the run.
  await ended.promise;
  expect(kill).toHaveBeenCalledWith(process.pid, 'SIGTERM');
  kill.mockRestore();
});

it('says why there are none', async () => {
  const socket = await run((line) => line.write('{"problem":"no Java"}\n'));
  await expect(askRun(socket)).rejects.toThrow('no Java');
});

it('fails when there is no run', async () => {
  server = createServer();
  await expect(askRun(join(dir, 'nobody.sock'))).rejects.toThrow('ENOENT');
});
