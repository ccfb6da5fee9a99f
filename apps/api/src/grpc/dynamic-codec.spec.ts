import { create, toJson, type Message } from '@bufbuild/protobuf';
import { HEALTH } from './health-descriptor.ts';
import { REFLECTION } from './reflection-descriptor.ts';

it('names fields in JSON as protoc would', () => {
  expect(toJson(HEALTH.request, create(HEALTH.request, { service: 'x' } as never))).toEqual({ service: 'x' });
  const answer = { validHost: 'x', messageResponse: { case: 'errorResponse', value: { errorCode: 5 } } };
  const message: Message = create(REFLECTION.response, answer as never);
  expect(toJson(REFLECTION.response, message)).toEqual({ validHost: 'x', errorResponse: { errorCode: 5 } });
});
