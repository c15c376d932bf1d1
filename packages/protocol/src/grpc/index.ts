// Workers that pull their tasks over gRPC: an entry of its own, for it brings the library with it.

export { type WorkerOptions, workerTransport } from './grpc-transport.ts'
