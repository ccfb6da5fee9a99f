import { create, type DescService } from '@bufbuild/protobuf';
import { reflectionV1, reflectionV1alpha } from '@core/contracts/grpc';
import type * as grpc from '@grpc/grpc-js';
import { createReflectionResponder } from './reflection-responder.ts';
import { serviceDefinition } from './service-definition.ts';

type Request = reflectionV1.ServerReflectionRequest;
type Response = reflectionV1.ServerReflectionResponse;

/**
 * Adds server reflection over `services` and itself, v1 and v1alpha. Both versions have the same bytes under
 * two names, so the messages of v1 serve both.
 */
export function addReflection(server: grpc.Server, services: readonly DescService[]): void {
  const versions = [reflectionV1.ServerReflection, reflectionV1alpha.ServerReflection];
  const respond = createReflectionResponder([...services, ...versions]);
  const serverReflectionInfo = (call: grpc.ServerDuplexStream<Request, Response>) => {
    call.on('data', (request: Request) => {
      const response = create(reflectionV1.ServerReflectionResponseSchema, {
        validHost: request.host,
        originalRequest: request,
        messageResponse: respond(request.messageRequest),
      });
      // A response is a thousand times as large as its request: a client that does not read gets no further
      // responses.
      if (call.write(response)) return;
      call.pause();
      call.once('drain', () => call.resume());
    });
    call.on('end', () => call.end());
  };
  const codecs = serviceDefinition(reflectionV1.ServerReflection)['serverReflectionInfo'];
  for (const { typeName } of versions) {
    const path = `/${typeName}/ServerReflectionInfo`;
    server.addService(
      { serverReflectionInfo: { ...codecs, path } } as grpc.ServiceDefinition,
      { serverReflectionInfo } as grpc.UntypedServiceImplementation,
    );
  }
}
