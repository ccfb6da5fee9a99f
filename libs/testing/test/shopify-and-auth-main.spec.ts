import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const main = (name: string) => join(__dirname, '..', 'src', name, 'main.ts');

it.each(['shopify', 'auth'])(
  'the %s stand-in runs as a process, says its port and stops on SIGTERM',
  async (name) => {
    const child = spawn(process.execPath, [main(name)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exit = once(child, 'exit');
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    expect(JSON.parse(line)).toEqual({ listening: expect.any(Number) });
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  },
);
