import { spawn } from 'node:child_process';

const GRACE_MS = 5_000;

export interface RunCommand {
  command: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Aborting it ends the command. */
  signal: AbortSignal;
}

/**
 * Runs a command with this process's standard output, in a separate process group, so that ending it ends its
 * children too.
 * @returns the exit code; -1 if the command was killed or could not be started
 */
export const runCommand = ({ command, env, signal }: RunCommand): Promise<number> =>
  new Promise((resolve) => {
    const [file = '', ...args] = command;
    // Both outputs share one stream, so that lines keep their order.
    const child = spawn(file, args, { detached: true, env, stdio: ['ignore', 1, 1] });
    const end = () => {
      killGroup(child.pid, 'SIGTERM');
      setTimeout(() => killGroup(child.pid, 'SIGKILL'), GRACE_MS).unref();
    };
    const done = (code: number) => {
      // The command may leave processes behind: a worker of Jest, or a task that outlives Nx.
      killGroup(child.pid, 'SIGKILL');
      resolve(code);
    };
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    child.once('error', (error) => {
      console.log(error.message);
      done(-1);
    });
    child.once('close', (code) => done(code ?? -1));
  });

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has already ended.
  }
}
