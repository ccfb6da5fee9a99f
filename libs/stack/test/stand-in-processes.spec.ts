import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { workspaceRoot } from '@core/testing';

it.each(['libs/shopify-stand-in/src/main.ts', 'libs/testing/src/auth/main.ts'])(
  '%s runs as a separate process, prints its port and stops on SIGTERM',
  async (main) => {
    const child = spawn(process.execPath, [join(workspaceRoot(), main)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    const firstLine = once(createInterface(child.stdout), 'line') as Promise<[string]>;
    // A process that has exited prints no line.
    const [line] = await Promise.race([firstLine, exit.then((how) => [`it has ended: ${how.join()}`])]);
    expect(JSON.parse(String(line))).toEqual({ listening: expect.any(Number) });
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  },
);
