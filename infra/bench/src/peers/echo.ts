// Measures the cost of the HTTP/2 and gRPC server alone: grpc-js answers every read with the same score.
import cluster from 'node:cluster';
import { create, toBinary } from '@bufbuild/protobuf';
import { CoreService, GetCustomerRFMResponseSchema } from '@core/contracts';
import * as grpc from '@grpc/grpc-js';

const reply = Buffer.from(
  toBinary(
    GetCustomerRFMResponseSchema,
    create(GetCustomerRFMResponseSchema, {
      rfmScore: { recency: 5, frequency: 4, monetary: 5, score: '545', segment: 'CHAMPIONS', sequence: 17n },
    }),
  ),
);

function serve(): void {
  const server = new grpc.Server();
  const asIs = (bytes: Buffer) => bytes;
  const { name, parent } = CoreService.method.getCustomerRFM;
  server.addService(
    {
      get: {
        path: `/${parent.typeName}/${name}`,
        requestStream: false,
        responseStream: false,
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
      },
    } as grpc.ServiceDefinition,
    {
      get: (_call: unknown, callback: grpc.sendUnaryData<Buffer>) => callback(null, reply),
    } as unknown as grpc.UntypedServiceImplementation,
  );
  server.bindAsync(
    `127.0.0.1:${process.env['BENCH_PORT']}`,
    grpc.ServerCredentials.createInsecure(),
    () => undefined,
  );
}

if (cluster.isPrimary) for (let n = 0; n < Number(process.env['BENCH_PROCESSES']); n++) cluster.fork();
else serve();
