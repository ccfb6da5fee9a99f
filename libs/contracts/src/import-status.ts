import { ImportStatusSchema, type ImportStatus } from './gen/core/v1/import_pb.ts';

/** Returns the name of a status without its prefix, such as COMPLETED, for display. */
export const statusName = (status: ImportStatus | undefined): string =>
  ImportStatusSchema.values.find((value) => value.number === status)?.localName ?? 'UNSPECIFIED';
