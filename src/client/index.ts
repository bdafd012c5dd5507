// The public interface of the client.

export { createClient, type Berth, type CallOptions, type ClientOptions, type ScopedContainer } from './client.ts'
export { BerthError, isBerthError, type BerthErrorCode } from './errors.ts'
export type { StreamEvent, StreamOptions } from './stream.ts'
export type * from './api.ts'
