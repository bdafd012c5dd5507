import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'

import { sendProgress, watchedAnswer, type Begin } from '../http/progress.ts'
import type { Streams } from '../http/streams.ts'
import { createListCache, JSON_TYPE, jsonList } from '../http/json-cache.ts'
import { AppError } from '../errors.ts'
import { ref } from '../lib/schema.ts'
import { CreateContainer } from './create-schema.ts'
import { exactForms } from './human-forms.ts'
import { changeRoutes } from './routes-change.ts'
import { outputRoutes } from './routes-output.ts'
import { ContainerParams, IdempotencyHeaders, ListContainersQuery } from './request-schemas.ts'
import { Container, CreatedContainer } from './schemas.ts'
import type { ContainerService } from './service.ts'

const tags = ['containers']
const REPLAYED = 'The container of an earlier request with this key, or a stream of events if the client accepts one.'
const containerList = jsonList(Container, 'The containers, newest first.')

type Options = { containers: ContainerService; streams: Streams }

export const containerRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { containers, streams }) => {
  const write = createListCache()

  for (const [path, operationId] of [
    ['/containers', 'createContainer'],
    ['/containers/create', 'createContainerByVerb']
  ] as const) {
    app.post(
      path,
      {
        config: { scope: 'containers:write' },
        schema: {
          operationId,
          tags,
          summary: 'Create and start a container',
          description:
            'Every field is optional; `{}` runs the default image. When the response arrives, the container has its own free host port and is as ready as `wait` asks. ' +
            'If any step fails, nothing is left behind, and the response names the step and the reason. ' +
            'With `Accept: text/event-stream` the response is a stream: `progress` for each layer of a pull, `result` with the plain response, `end`.',
          headers: IdempotencyHeaders,
          body: ref(CreateContainer),
          response: { 200: watchedAnswer(REPLAYED, CreatedContainer), 201: ref(CreatedContainer) }
        },
        // Every field is optional, so no body is the empty one.
        preValidation: async (request) => {
          request.body = exactForms(request.body ?? {}) as CreateContainer
        }
      },
      async (request, reply) => {
        const key = request.headers['idempotency-key']
        const begin: Begin<CreatedContainer> = async ({ signal, onProgress }) => {
          const created = await containers.create(request.caller, request.body, { key, onProgress }, signal)
          request.made = created.id
          return created
        }
        // An immediate refusal is an HTTP status, even if the client accepts events.
        containers.check(request.body)
        const watched = await sendProgress(streams, { request, reply, begin })
        if (watched) return watched
        const created = await begin({ signal: streams.watch(reply) })
        reply.header('location', `/containers/${created.id}`)
        return reply.code(created.replayed ? 200 : 201).send(created)
      }
    )
  }

  app.get(
    '/containers',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listContainers',
        tags,
        summary: 'List containers',
        description:
          'Newest first, from memory. With `limit`, the list is paged: `X-Next-Cursor` is present unless this is the last page.',
        querystring: ListContainersQuery,
        response: { 200: containerList }
      }
    },
    async (request, reply) => {
      const { containers: page, total, nextCursor } = containers.list(request.caller, request.query)
      reply.header('x-total-count', total)
      if (nextCursor !== undefined) reply.header('x-next-cursor', nextCursor)
      return reply.type(JSON_TYPE).send(write(page))
    }
  )

  app.get(
    '/containers/running',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listRunningContainers',
        tags,
        summary: 'List running containers',
        description: 'The same as `GET /containers?state=running`.',
        response: { 200: containerList }
      }
    },
    async ({ caller }, reply) => {
      const { containers: page } = containers.list(caller, { state: 'running' })
      return reply.type(JSON_TYPE).send(write(page))
    }
  )

  // Without this route, the path would mean a container of that name.
  app.get('/containers/create', { config: { scope: 'read' }, schema: { hide: true } }, async (_request, reply) => {
    reply.header('allow', 'POST')
    throw new AppError(
      'METHOD_NOT_ALLOWED',
      "/containers/create takes POST, not GET: curl -X POST -H 'Content-Type: application/json' -d '{}' …/containers/create."
    )
  })

  app.get(
    '/containers/:id',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getContainer',
        tags,
        summary: 'Get a container',
        description:
          'Returns its state, ports, limits, networks and volumes as last reported by the engine. Values of environment variables are never shown.',
        params: ContainerParams,
        response: { 200: ref(Container) }
      }
    },
    async (request) => containers.get(request.caller, request.params.id)
  )

  await app.register(changeRoutes, { containers })
  await app.register(outputRoutes, { containers, streams })
}
