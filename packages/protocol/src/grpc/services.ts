// The services of the wire as `@grpc/grpc-js` takes them, made of the `.proto`. JSON values stay bytes in the messages: they
// are read and written by read-value.ts and write-value.ts.

import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'
import protobuf from 'protobufjs'
import { PROTO } from './proto.ts'

export type Services = Readonly<
  Record<'TasksService' | 'OrchestratorService' | 'BlobService', ServiceDefinition<UntypedServiceImplementation>>
>

export function readServices(): Services {
  const root = protobuf.parse(PROTO, { keepCase: true }).root
  root.addJSON(protobuf.common.get('google/protobuf/timestamp.proto')?.nested ?? {})
  const names = root.lookup('stepflow.v1') as protobuf.Namespace // as its text says
  for (const type of names.nestedArray) if (type instanceof protobuf.Type) keepValues(type)
  root.resolveAll()
  return {
    TasksService: serviceOf(root.lookupService('stepflow.v1.TasksService')),
    OrchestratorService: serviceOf(root.lookupService('stepflow.v1.OrchestratorService')),
    BlobService: serviceOf(root.lookupService('stepflow.v1.BlobService')),
  }
}

// ---

/** A message inside another is written as bytes are. */
function keepValues(type: protobuf.Type): void {
  for (const field of type.fieldsArray) if (/^google\.protobuf\.(Value|Struct)$/.test(field.type)) field.type = 'bytes'
}

function serviceOf(service: protobuf.Service): ServiceDefinition<UntypedServiceImplementation> {
  const methods = service.methodsArray.map((method) => {
    const request = service.lookupType(method.requestType)
    const response = service.lookupType(method.responseType)
    const definition = {
      path: `/${service.fullName.slice(1)}/${method.name}`,
      requestStream: false,
      responseStream: method.responseStream === true,
      requestSerialize: writerOf(request),
      requestDeserialize: readerOf(request),
      responseSerialize: writerOf(response),
      responseDeserialize: readerOf(response),
    }
    return [method.name, definition] as const
  })
  return Object.fromEntries(methods)
}

function writerOf(type: protobuf.Type) {
  return (message: object) => type.encode(message).finish() as Buffer // in Node it writes Buffers
}

function readerOf(type: protobuf.Type) {
  return (bytes: Buffer) => type.decode(bytes)
}
