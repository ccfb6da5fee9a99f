// Runs the Auth stand-in as a separate process. AUTH_STANDIN_PORT and AUTH_STANDIN_HOST configure it. It
// prints one line of JSON when it listens, and stops on SIGTERM or SIGINT.
import { startAuthStandIn } from './server.ts';

const { AUTH_STANDIN_PORT: port = '0', AUTH_STANDIN_HOST: host = '127.0.0.1' } = process.env;
const standIn = await startAuthStandIn({ port: Number(port), host });
// Installed before the line is printed, because its reader may stop this process immediately.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void standIn.close());
process.stdout.write(`${JSON.stringify({ listening: Number(standIn.address.split(':').at(-1)) })}\n`);
