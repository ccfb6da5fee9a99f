import { spawn } from 'node:child_process';

export interface CommandResult {
  /** 0 if all is well; -1 if it was killed, took too long or could not be started. */
  code: number;
  /** What it printed, if that was captured. */
  output: string;
}

export interface RunCommand {
  command: string[];
  env?: NodeJS.ProcessEnv;
  limitMs: number;
  /** Aborting ends it. */
  signal: AbortSignal;
  /** Keeps the output for later instead of passing it on at once. */
  capture: boolean;
}

/** Runs a command in a process group of its own, so that ending it ends its own children, too. */
export const runCommand = ({ command, env, limitMs, signal, capture }: RunCommand): Promise<CommandResult> =>
  new Promise((resolve) => {
    const [file = '', ...args] = command;
    const child = spawn(file, args, {
      detached: true,
      env: { ...process.env, ...env },
      stdio: ['ignore', capture ? 'pipe' : 1, capture ? 'pipe' : 1], // one stream: lines keep their order
    });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (output += text));

    const end = (reason: string) => {
      output += `\n${reason}\n`;
      killGroup(child.pid, 'SIGTERM');
      setTimeout(() => killGroup(child.pid, 'SIGKILL'), 10_000).unref();
    };
    const limit = setTimeout(() => end(`took longer than ${limitMs / 60_000} minutes`), limitMs);
    const abort = () => end('interrupted');
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();

    const done = (code: number) => {
      clearTimeout(limit);
      signal.removeEventListener('abort', abort);
      resolve({ code, output });
    };
    child.once('error', (error) => {
      output += `${error.message}\n`;
      done(-1);
    });
    child.once('close', (code) => done(code ?? -1));
  });

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}
