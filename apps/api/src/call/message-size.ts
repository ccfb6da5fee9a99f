/**
 * The largest useful request is a customer with 64 KiB of metadata, or 1,000 ids of 38 bytes. A message is held
 * whole in memory before it can be refused for what is in it, so the limit is not gRPC's usual 4 MiB.
 */
export const LARGEST_REQUEST = 1024 * 1024;

/** What gRPC clients take by default: a longer reply would fail at their end, with a worse message. */
export const LARGEST_REPLY = 4 * 1024 * 1024;
