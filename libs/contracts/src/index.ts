export * from './gen/auth/v1/auth_pb.ts';
export * from './gen/core/v1/core_pb.ts';
export * from './gen/core/v1/import_pb.ts';
export * from './gen/core/v1/rfm_pb.ts';
export * from './gen/events/v1/events_pb.ts';
export * from './envelope.ts';
export * from './import-status.ts';
export * from './topics.ts';
