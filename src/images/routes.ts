import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendProgress, watchedAnswer, type Begin } from '../http/progress.ts'
import type { Streams } from '../http/streams.ts'
import { ref } from '../lib/schema.ts'
import {
  Image,
  ImageDetails,
  ImageParams,
  ListImagesQuery,
  PullImage,
  PushedImage,
  PushImage,
  RemovedImage,
  RemoveImageQuery,
  TagImage
} from './schemas.ts'
import type { ImageService } from './service.ts'

const tags = ['images']
const read = { scope: 'read' } as const
const write = { scope: 'images:write' } as const

const PROGRESS =
  'The response arrives at the end. With `Accept: text/event-stream`, it is a stream: `progress` for each layer, `result` with the ' +
  'plain response, `end`. If the client disconnects, the engine stops.'

type Options = { images: ImageService; streams: Streams }

export const imageRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { images, streams }) => {
  /** As events on request, else in one piece. */
  async function answer<T>(request: FastifyRequest, reply: FastifyReply, begin: Begin<T>): Promise<T | FastifyReply> {
    return (await sendProgress(streams, { request, reply, begin })) ?? begin({ signal: streams.watch(reply) })
  }

  app.get(
    '/images',
    {
      config: read,
      schema: {
        operationId: 'listImages',
        tags,
        summary: 'List images',
        description:
          'Newest first. With `limit`, the list is paged: `X-Next-Cursor` is present unless this is the last page.',
        querystring: ListImagesQuery,
        response: { 200: Type.Array(ref(Image)) }
      }
    },
    async (request, reply) => {
      const { images: page, total, nextCursor } = await images.list(request.caller, request.query)
      reply.header('x-total-count', total)
      if (nextCursor !== undefined) reply.header('x-next-cursor', nextCursor)
      return page
    }
  )

  app.post(
    '/images/pull',
    {
      config: write,
      schema: {
        operationId: 'pullImage',
        tags,
        summary: 'Pull an image',
        description: `${PROGRESS} Requests for the same image share one pull, unless they carry credentials.`,
        body: ref(PullImage),
        response: { 200: watchedAnswer('The result.', ImageDetails) }
      }
    },
    async (request, reply) => {
      const { image, credentials } = request.body
      images.checkName(image)
      return answer(request, reply, (transfer) => images.pull(request.caller, image, { ...transfer, credentials }))
    }
  )

  app.post(
    '/images/push',
    {
      config: write,
      schema: {
        operationId: 'pushImage',
        tags,
        summary: 'Push an image',
        description: `${PROGRESS} The name determines the registry; \`POST /images/tag\` adds such a name.`,
        body: ref(PushImage),
        response: { 200: watchedAnswer('The result.', PushedImage) }
      }
    },
    async (request, reply) => {
      const { image, credentials } = request.body
      images.checkName(image)
      return answer(request, reply, (transfer) => images.push(request.caller, image, { ...transfer, credentials }))
    }
  )

  app.post(
    '/images/tag',
    {
      config: write,
      schema: {
        operationId: 'tagImage',
        tags,
        summary: 'Tag an image',
        description:
          'If another image has the name, the name moves to this image. The name belongs to the token from then on.',
        body: ref(TagImage),
        response: { 200: ref(ImageDetails) }
      }
    },
    async ({ body, caller }) => images.tag(caller, body.image, body.target)
  )

  // Names have slashes. The second form accepts them unescaped; OpenAPI cannot express it.
  for (const [url, hide] of [
    ['/images/:reference', false],
    ['/images/*', true]
  ] as const) {
    const reference = (request: { params: unknown }): string => {
      const { reference: encoded, '*': plain } = request.params as { reference?: string; '*'?: string }
      return encoded ?? plain ?? ''
    }
    const params = hide ? {} : { params: ImageParams }

    app.get(
      url,
      {
        config: read,
        schema: {
          hide,
          operationId: 'getImage',
          tags,
          summary: 'Get an image',
          description: 'Find the image by name, id or a prefix of the id. The tag defaults to `latest`.',
          ...params,
          response: { 200: ref(ImageDetails) }
        }
      },
      async (request) => images.get(request.caller, reference(request))
    )

    app.delete(
      url,
      {
        config: write,
        schema: {
          hide,
          operationId: 'removeImage',
          tags,
          summary: 'Remove an image or one of its tags',
          description:
            'If the image has several names, only this one is removed. An image that a container uses is kept; `force=true` removes a name of ' +
            'it as long as another one remains.',
          ...params,
          querystring: RemoveImageQuery,
          response: { 200: ref(RemovedImage) }
        }
      },
      async (request) => images.remove(request.caller, reference(request), { force: request.query.force ?? false })
    )
  }
}
