import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'
import type { Streams } from '../http/streams.ts'
import { ref } from '../lib/schema.ts'
import { contentTypeOf, dispositionOf } from './content-type.ts'
import { bytesOfText, cleanPath, pathIn } from './path.ts'
import { readRange, type Range } from './range.ts'
import {
  ArchiveQuery,
  FileParams,
  FolderListing,
  ListQuery,
  MakeFolder,
  RemovedFile,
  RemoveQuery,
  UnpackedArchive,
  WriteQuery,
  WrittenFile
} from './schemas.ts'
import type { OpenFile } from './reading.ts'
import type { FileService } from './service.ts'

const tags = ['files']
const params = FileParams
const reading = { scope: 'files' } as const
const writing = { scope: 'exec' } as const
const BUFFER = { objectMode: false, highWaterMark: 256 * 1024 }
const ARCHIVE_TYPES = { tar: 'application/x-tar', 'tar.gz': 'application/gzip', zip: 'application/zip' }
const BYTES = { schema: { type: 'string', format: 'binary' } }

type Options = { files: FileService; streams: Streams }

export const fileRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { files, streams }) => {
  app.get(
    '/containers/:id/files',
    {
      config: reading,
      schema: {
        operationId: 'readContainerFiles',
        tags,
        summary: 'Read a file of a container, or list a folder',
        description:
          'Returns a file unchanged, with `ETag` and `Range`, or lists a folder. Works on stopped containers and on images without a shell. ' +
          'Links are followed within the container. To list a folder, the engine sends everything below it, so a large folder takes time and its list may be cut: see `complete`.',
        params,
        querystring: ListQuery,
        produces: ['application/json', 'application/octet-stream'],
        response: {
          200: {
            description: 'The list of the folder, or the content of the file.',
            content: { 'application/json': { schema: ref(FolderListing) }, 'application/octet-stream': BYTES }
          },
          206: { description: 'A part of the file.', content: { 'application/octet-stream': BYTES } },
          304: { description: 'The file has not changed.', type: 'null' }
        }
      }
    },
    async (request, reply) => {
      const { id } = request.params
      const path = pathOf(request)
      const signal = streams.watch(reply)
      if ((await files.kindOf(request.caller, id, path, signal)) === 'file')
        return sendFile(request, reply, await files.openFile(request.caller, id, path, signal))
      const { nextCursor, ...listing } = await files.list(request.caller, id, path, request.query, signal)
      if (nextCursor !== undefined) reply.header('x-next-cursor', nextCursor)
      return listing
    }
  )

  app.get(
    '/containers/:id/files/archive',
    {
      config: reading,
      schema: {
        operationId: 'downloadContainerFiles',
        tags,
        summary: 'Download a folder as tar, tar.gz or zip',
        description:
          'Streams the folder with everything in it. A stream that breaks off lacks the end of the archive, so tools report it as incomplete.',
        params,
        querystring: ArchiveQuery,
        produces: Object.values(ARCHIVE_TYPES),
        response: {
          200: {
            description: 'The archive.',
            content: Object.fromEntries(Object.values(ARCHIVE_TYPES).map((type) => [type, BYTES]))
          }
        }
      }
    },
    async (request, reply) => {
      const { format = 'tar' } = request.query
      const { name, content } = await files.archive(
        request.caller,
        request.params.id,
        pathOf(request),
        format,
        streams.watch(reply)
      )
      reply.headers({ 'content-type': ARCHIVE_TYPES[format], 'content-disposition': dispositionOf(name) })
      return reply.send(Readable.from(request.method === 'HEAD' ? [] : content, BUFFER))
    }
  )

  app.post(
    '/containers/:id/files/folder',
    {
      config: writing,
      schema: {
        operationId: 'makeContainerFolder',
        tags,
        summary: 'Create a folder in a container',
        description: 'The parent folder must exist. A path that exists returns 409.',
        params,
        body: ref(MakeFolder),
        response: { 201: ref(WrittenFile) }
      }
    },
    async (request, reply) => {
      const { path, ...attributes } = request.body
      const signal = streams.watch(reply)
      const made = await files.makeFolder(
        request.caller,
        request.params.id,
        cleanPath(bytesOfText(path)),
        attributes,
        signal
      )
      return reply.code(201).send(made)
    }
  )

  app.delete(
    '/containers/:id/files',
    {
      config: writing,
      schema: {
        operationId: 'removeContainerFile',
        tags,
        summary: 'Remove a file or folder of a container',
        description: 'Removes a symbolic link itself, not its target.',
        params,
        querystring: RemoveQuery,
        response: { 200: ref(RemovedFile) }
      }
    },
    async (request, reply) =>
      files.remove(request.caller, request.params.id, pathOf(request), request.query, streams.watch(reply))
  )

  await app.register(async (uploads) => {
    uploads.removeAllContentTypeParsers()
    const validators = validatorsOf(uploads)
    // Any content type: it is not parsed here.
    uploads.addContentTypeParser('*', (_request, body, done) => done(null, body))

    uploads.put<{ Params: { id: string }; Querystring: typeof WriteQuery.static }>(
      '/containers/:id/files',
      {
        config: { ...writing, isUpload: true },
        // The body is no JSON.
        validatorCompiler: (part) => (part.httpPart === 'body' ? () => true : validators(part)),
        schema: {
          operationId: 'writeContainerFile',
          tags,
          summary: 'Write a file or unpack an archive in a container',
          description:
            'The body is the content, as in `curl -T hosts "http://127.0.0.1:8000/containers/web/files?path=/etc/hosts.new"`. `Content-Length` is required. ' +
            'The old file stays until the upload is complete. With `unpack=true`, a tar or tar.gz file is unpacked into the folder, file by file.',
          params,
          querystring: WriteQuery,
          consumes: ['application/octet-stream'],
          body: { type: 'string', format: 'binary', examples: ['Hello from outside\n'] },
          response: {
            200: {
              description: 'The file was replaced, or the archive unpacked.',
              content: { 'application/json': { schema: { anyOf: [ref(WrittenFile), ref(UnpackedArchive)] } } }
            },
            201: ref(WrittenFile)
          }
        }
      },
      async (request, reply) => {
        const { id } = request.params
        const { unpack = false, path: _path, ...attributes } = request.query
        const signal = streams.watch(reply)
        const content = bodyOf(request)
        if (unpack) return files.unpack(request.caller, id, pathOf(request), content, signal)
        const file = await files.write(
          request.caller,
          id,
          pathOf(request),
          { ...attributes, size: sizeOf(request), content },
          signal
        )
        return reply.code(file.replaced ? 200 : 201).send(file)
      }
    )
  })
}

function validatorsOf({ validatorCompiler }: FastifyInstance) {
  if (!validatorCompiler) throw new Error('The routes of files come after the validation of requests.')
  return validatorCompiler
}

const pathOf = ({ raw }: FastifyRequest): string => cleanPath(pathIn(raw.url ?? ''))

function sendFile({ method, headers }: FastifyRequest, reply: FastifyReply, file: OpenFile): FastifyReply {
  const { name, size, etag } = file
  reply.headers({
    etag,
    'accept-ranges': 'bytes',
    'last-modified': file.modified.toUTCString(),
    'cache-control': 'no-cache',
    'content-type': contentTypeOf(name),
    'content-disposition': dispositionOf(name)
  })
  if (headers['if-none-match'] === etag) {
    void file.close()
    return reply.code(304).send()
  }
  const range = rangeOf(headers, file, reply)
  const { first, last } = range ?? { first: 0, last: size - 1 }
  reply.header('content-length', last + 1 - first)
  if (range) reply.code(206).header('content-range', `bytes ${first}-${last}/${size}`)
  if (method !== 'HEAD') return reply.send(Readable.from(file.read({ first, last }), BUFFER))
  void file.close()
  return reply.send(Readable.from([]))
}

function rangeOf(headers: FastifyRequest['headers'], file: OpenFile, reply: FastifyReply): Range | undefined {
  const condition = headers['if-range']
  if (condition !== undefined && condition !== file.etag) return undefined
  try {
    return readRange(headers.range, file.size)
  } catch (error) {
    void file.close()
    reply.header('content-range', `bytes */${file.size}`)
    throw error
  }
}

/** Node skips the unread rest when the response is sent. */
function bodyOf({ raw }: FastifyRequest): AsyncIterable<Buffer> {
  return raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
}

function sizeOf({ headers }: FastifyRequest): number {
  const length = headers['content-length']
  if (length !== undefined) return Number(length)
  if (headers['transfer-encoding'] === undefined) return 0
  throw new AppError(
    'LENGTH_REQUIRED',
    'Send Content-Length: the engine needs the length of a file before its content.'
  )
}
