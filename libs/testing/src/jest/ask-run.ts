import { connect } from 'node:net';

/** Names the socket at which a run of `npm test` offers its services. */
export const TEST_RUN = 'CORE_TEST_RUN';

/**
 * Asks the run for the addresses of its services, as JSON. The line stays open: when the run ends, also by SIGKILL,
 * this process ends with it.
 * @throws Error when they do not start
 */
export const askRun = (socket: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const line = connect(socket).setEncoding('utf8');
    let answer = '';
    line.on('data', (text: string) => {
      answer += text;
      if (!answer.endsWith('\n')) return;
      const { problem } = JSON.parse(answer) as { problem?: string };
      if (problem === undefined) {
        line.unref();
        resolve(answer.trim());
      } else {
        line.destroy();
        reject(new Error(problem));
      }
    });
    line.once('error', reject);
    line.once('end', () => process.kill(process.pid, 'SIGTERM'));
  });
