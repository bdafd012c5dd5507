// The standard reflection service, so that grpcurl and buf curl need no proto file.

import { toBinary, type DescFile, type DescMessage, type DescService, type MessageInitShape } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { Code, type ServiceImpl } from '@connectrpc/connect'
import type {
  ServerReflection,
  ServerReflectionRequest,
  ServerReflectionResponseSchema
} from './gen/grpc/reflection/v1/reflection_pb.ts'

type Asked = ServerReflectionRequest['messageRequest']
type Answer = NonNullable<MessageInitShape<typeof ServerReflectionResponseSchema>['messageResponse']>

export function createReflection(services: DescService[]): ServiceImpl<typeof ServerReflection> {
  const files = new Map<string, DescFile>()
  for (const { file } of services) collect(file, files)
  const bySymbol = new Map([...files.values()].flatMap((file) => symbolsOf(file).map((name) => [name, file] as const)))

  function answer(asked: Asked): Answer {
    switch (asked.case) {
      case 'listServices':
        return {
          case: 'listServicesResponse',
          value: { service: services.map(({ typeName }) => ({ name: typeName })) }
        }
      case 'fileByFilename':
        return describe(files.get(asked.value), asked.value)
      case 'fileContainingSymbol':
        return describe(bySymbol.get(asked.value), asked.value)
      case 'allExtensionNumbersOfType':
        return bySymbol.has(asked.value)
          ? { case: 'allExtensionNumbersResponse', value: { baseTypeName: asked.value, extensionNumber: [] } }
          : describe(undefined, asked.value)
      case 'fileContainingExtension':
        return describe(undefined, `${asked.value.containingType} extension ${asked.value.extensionNumber}`)
      default:
        return { case: 'errorResponse', value: { errorCode: Code.InvalidArgument, errorMessage: 'Ask for something.' } }
    }
  }

  return {
    async *serverReflectionInfo(requests) {
      for await (const request of requests) {
        yield { validHost: request.host, originalRequest: request, messageResponse: answer(request.messageRequest) }
      }
    }
  }
}

function describe(file: DescFile | undefined, name: string): Answer {
  if (!file)
    return { case: 'errorResponse', value: { errorCode: Code.NotFound, errorMessage: `${name} is not known.` } }
  const needed = new Map<string, DescFile>()
  collect(file, needed)
  const fileDescriptorProto = [...needed.values()].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto))
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } }
}

/** A file and all its imports. */
function collect(file: DescFile, into: Map<string, DescFile>): void {
  if (into.has(file.proto.name)) return
  into.set(file.proto.name, file)
  for (const dependency of file.dependencies) collect(dependency, into)
}

function symbolsOf(file: DescFile): string[] {
  return [
    ...file.services.flatMap(({ typeName, methods }) => [
      typeName,
      ...methods.map(({ name }) => `${typeName}.${name}`)
    ]),
    ...file.enums.map(({ typeName }) => typeName),
    ...file.messages.flatMap(symbolsOfMessage)
  ]
}

function symbolsOfMessage({ typeName, nestedEnums, nestedMessages }: DescMessage): string[] {
  return [typeName, ...nestedEnums.map((nested) => nested.typeName), ...nestedMessages.flatMap(symbolsOfMessage)]
}
