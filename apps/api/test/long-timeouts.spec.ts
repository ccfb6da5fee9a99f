import { connect } from 'node:http2';
import { merchant, openApi, post, type TestApi } from './support.ts';

let api: TestApi;
beforeAll(async () => void (api = await openApi()));
afterAll(() => api?.stop());

// Without the cap these calls would get 499 and DEADLINE_EXCEEDED after a millisecond.
it.each(['2147483648', '9999999999'])(
  'serves a call with a timeout of %s ms, on the HTTP port',
  async (ms) => {
    const path = `${api.url}/core.v1.CoreService/GetProgramSettings`;
    const reply = await post(path, { merchantId: merchant() }, { 'connect-timeout-ms': ms });
    expect([reply.status, reply.body['code']]).toEqual([200, undefined]);
  },
);

it.each(['3000000S', '99999999M', '99999999H'])(
  'serves a call with a timeout of %s, on the gRPC port',
  async (timeout) => {
    const session = connect(`http://127.0.0.1:${api.grpcPort}`);
    try {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/core.v1.CoreService/GetProgramSettings',
        'content-type': 'application/grpc',
        te: 'trailers',
        'grpc-timeout': timeout,
      });
      const id = merchant();
      const message = Buffer.concat([Buffer.from([0x0a, id.length]), Buffer.from(id)]);
      const status = new Promise((resolve) => {
        for (const event of ['response', 'trailers'] as const) {
          stream.on(event, (headers: Record<string, unknown>) => {
            if (headers['grpc-status'] !== undefined) resolve(headers['grpc-status']);
          });
        }
      });
      stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]));
      stream.resume();
      expect(await status).toBe('0');
    } finally {
      session.destroy();
    }
  },
);
