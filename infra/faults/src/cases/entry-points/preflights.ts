import type { EntryPoint } from '../case.ts';

/** An input is the list of headers that a page wants to send. */
export const preflights: EntryPoint<string> = {
  name: 'CORS preflight',
  show: (headers) => `Access-Control-Request-Headers: ${headers}`,
  send: ({ httpUrl }, inputs) =>
    Promise.all(
      inputs.map(async (requested) => {
        const { headers } = await fetch(`${httpUrl}/core.v1.CoreService/GetCustomer`, {
          method: 'OPTIONS',
          headers: {
            origin: 'https://admin.example.com',
            'access-control-request-method': 'POST',
            'access-control-request-headers': requested,
          },
        });
        const allowed = (headers.get('access-control-allow-headers') ?? '').toLowerCase().split(/, ?/);
        const missing = requested.split(', ').filter((name) => !allowed.includes(name));
        return missing.length === 0 ? 'allowed' : `refused: ${missing.join(', ')}`;
      }),
    ),
};
