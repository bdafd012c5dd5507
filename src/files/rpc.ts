import { Type, type Static } from '@sinclair/typebox'
import { invalidField } from '../errors.ts'
import { MESSAGE_BYTES, receiving, streaming, unary, type DockerMethods } from '../rpc/methods.ts'
import { bytesOfText, cleanPath } from './path.ts'
import { rangeFrom } from './range.ts'
import { ArchiveQuery, FileParams, ListQuery, MakeFolder, RemoveQuery, WriteQuery } from './schemas.ts'
import type { FileService } from './service.ts'

const Bytes = Type.Unsafe<Uint8Array>({ description: 'Bytes, as the message has them.' })
const Place = Type.Object({
  name: FileParams.properties.id,
  path: Type.Optional(ListQuery.properties.path),
  path_bytes: Type.Optional(Bytes)
})
const Count = Type.Integer({ minimum: 0 })
// 64-bit numbers are strings in protobuf JSON.
const Large = Type.Union([Count, Type.String({ pattern: '^[0-9]{1,15}$' })])

const ListRequest = Type.Composite([Place, Type.Omit(ListQuery, ['path'])])
const ReadRequest = Type.Composite([Place, Type.Object({ offset: Type.Optional(Large), length: Type.Optional(Large) })])
const ArchiveRequest = Type.Composite([Place, Type.Omit(ArchiveQuery, ['path'])])
const WriteRequest = Type.Composite([
  Place,
  Type.Omit(WriteQuery, ['path']),
  Type.Object({ size: Type.Optional(Large), content: Type.Optional(Bytes) })
])
const FolderRequest = Type.Composite([Place, Type.Omit(MakeFolder, ['path'])])
const RemoveRequest = Type.Composite([Place, Type.Omit(RemoveQuery, ['path'])])

export function fileRpc({ files }: { files: FileService }) {
  return {
    listDockerFiles: unary({
      operation: 'readContainerFiles',
      scope: 'files',
      request: ListRequest,
      call: async (request, { signal, caller }) => {
        const { nextCursor, ...listing } = await files.list(caller, request.name, pathOf(request), request, signal)
        return { ...listing, ...(nextCursor !== undefined && { next_cursor: nextCursor }) }
      }
    }),

    readDockerFile: streaming({
      operation: 'readContainerFiles',
      scope: 'files',
      request: ReadRequest,
      call: async function* ({ offset = 0, length, ...place }, { signal, caller }) {
        const file = await files.openFile(caller, place.name, pathOf(place), signal)
        try {
          yield { size: file.size, etag: file.etag }
          const range = rangeFrom(Number(offset), length === undefined ? undefined : Number(length), file.size)
          for await (const content of file.read(range)) yield { content }
        } finally {
          await file.close()
        }
      }
    }),

    downloadDockerFiles: streaming({
      operation: 'downloadContainerFiles',
      scope: 'files',
      request: ArchiveRequest,
      call: async function* ({ format = 'tar', ...place }, { signal, caller }) {
        const archive = await files.archive(caller, place.name, pathOf(place), format, signal)
        for await (const content of archive.content) yield { content }
      }
    }),

    writeDockerFile: receiving({
      operation: 'writeContainerFile',
      scope: 'exec',
      request: WriteRequest,
      messageBytes: MESSAGE_BYTES + 16 * 1024,
      call: async (request, { signal, caller }, more) => {
        const { name, unpack = false, size, content: first } = request
        const content = pieces(first, more)
        if (unpack) return files.unpack(caller, name, pathOf(request), content, signal)
        if (size === undefined) throw invalidField('size', 'is missing: a file is sent to the engine behind its length')
        return files.write(caller, name, pathOf(request), { ...request, size: Number(size), content }, signal)
      }
    }),

    makeDockerFolder: unary({
      operation: 'makeContainerFolder',
      scope: 'exec',
      request: FolderRequest,
      call: (request, { signal, caller }) => files.makeFolder(caller, request.name, pathOf(request), request, signal)
    }),

    removeDockerFile: unary({
      operation: 'removeContainerFile',
      scope: 'exec',
      request: RemoveRequest,
      call: async (request, { signal, caller }) => {
        const removed = await files.remove(caller, request.name, pathOf(request), request, signal)
        return { success: true, ...removed }
      }
    })
  } satisfies Partial<DockerMethods>
}

function pathOf({ path, path_bytes: bytes }: Partial<Static<typeof Place>>): string {
  if (bytes !== undefined) return cleanPath(Buffer.from(bytes).toString('latin1'), 'path_bytes')
  return cleanPath(bytesOfText(path ?? ''))
}

async function* pieces(
  first: Uint8Array | undefined,
  more: AsyncIterable<{ content?: unknown }>
): AsyncGenerator<Buffer> {
  if (first) yield Buffer.from(first)
  for await (const { content } of more) if (content instanceof Uint8Array) yield Buffer.from(content)
}
