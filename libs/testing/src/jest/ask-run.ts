import { connect } from 'node:net';

/** The environment variable with the path of the socket on which a run of `npm test` offers its services. */
export const TEST_RUN = 'CORE_TEST_RUN';

/**
 * Requests the addresses of the run's services, as JSON. The connection stays open: when the run ends, even
 * by SIGKILL, this process ends too.
 * @throws Error when the services do not start
 */
export const requestTestServices = (socket: string): Promise<string> =>
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
