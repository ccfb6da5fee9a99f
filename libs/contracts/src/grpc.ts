// Standard services of gRPC servers, generated from the protos vendored in proto/grpc and proto/google. They
// have a separate entry point, because two of them have messages with the same names and only a server needs
// them.
export { RetryInfoSchema, type RetryInfo } from './gen/google/rpc/error_details_pb.ts';
export { StatusSchema, type Status } from './gen/google/rpc/status_pb.ts';
export * from './gen/grpc/health/v1/health_pb.ts';
export * as reflectionV1 from './gen/grpc/reflection/v1/reflection_pb.ts';
export * as reflectionV1alpha from './gen/grpc/reflection/v1alpha/reflection_pb.ts';
