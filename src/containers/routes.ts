import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { Streams } from '../http/streams.ts'
import { JSON_TYPE, writtenList } from '../http/written.ts'
import { ref } from '../lib/schema.ts'
import { followLogs, logJson, logQuery, logText } from './logs.ts'
import {
  ContainerParams,
  CreateContainer,
  ExecCommand,
  IdempotencyHeaders,
  ListContainersQuery,
  LogsQuery,
  RemoveQuery,
  StopQuery,
  UpdateContainer,
  WaitQuery
} from './request-schemas.ts'
import {
  ChangedContainer,
  Container,
  ContainerLogs,
  ContainerProcesses,
  CreatedContainer,
  ExecResult,
  RemovedContainer,
  WaitedContainer
} from './schemas.ts'
import type { ContainerService } from './service.ts'
import { waitRequest } from './wait.ts'

const tags = ['containers']
const containerList = writtenList(Container, 'The containers, newest first.')

type Options = { containers: ContainerService; streams: Streams }

export const containerRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { containers, streams }) => {
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
          summary: 'Make a container and start it',
          description:
            'Every field is optional; `{}` runs the default image. When the answer comes, the container has its own free host port and is as ready as `wait` asks. ' +
            'If any step fails nothing is left behind, and the answer says which step and why.',
          headers: IdempotencyHeaders,
          body: ref(CreateContainer),
          response: { 200: ref(CreatedContainer), 201: ref(CreatedContainer) }
        },
        // Every field is optional, so no body is the empty one.
        preValidation: async (request) => {
          request.body ??= {}
        }
      },
      async (request, reply) => {
        const key = request.headers['idempotency-key']
        const { tokenId } = request.caller
        const created = await containers.create(request.body, key, streams.watch(reply), tokenId)
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
        summary: 'All containers of the engine',
        description: 'Newest first, from memory. With `limit` in pages: `X-Next-Cursor` is there while more follow.',
        querystring: ListContainersQuery,
        response: { 200: containerList }
      }
    },
    async (request, reply) => {
      const { json, total, nextCursor } = containers.list(request.query)
      reply.header('x-total-count', total)
      if (nextCursor !== undefined) reply.header('x-next-cursor', nextCursor)
      return reply.type(JSON_TYPE).send(json)
    }
  )

  app.get(
    '/containers/running',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listRunningContainers',
        tags,
        summary: 'The running containers',
        response: { 200: containerList }
      }
    },
    async (_request, reply) => reply.type(JSON_TYPE).send(containers.list({ state: 'running' }).json)
  )

  app.get(
    '/containers/:id',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getContainer',
        tags,
        summary: 'One container',
        params: ContainerParams,
        response: { 200: ref(Container) }
      }
    },
    async (request) => containers.get(request.params.id)
  )

  app.post(
    '/containers/:id/start',
    {
      config: { scope: 'containers:write' },
      schema: {
        operationId: 'startContainer',
        tags,
        summary: 'Start a container',
        description:
          'It gets the port it had. If somebody else took that meanwhile, it is made again with another port and the same name, settings, volumes and files; ' +
          '`changed_port` and `replaced` say so, and the old id still finds it.',
        params: ContainerParams,
        response: { 200: ref(ChangedContainer) }
      }
    },
    async (request) => containers.start(request.params.id)
  )

  app.post(
    '/containers/:id/stop',
    {
      config: { scope: 'containers:write' },
      schema: {
        operationId: 'stopContainer',
        tags,
        summary: 'Stop a container',
        description:
          'Politely first, by force when its time is over. The port is kept for it as long as others are free.',
        params: ContainerParams,
        querystring: StopQuery,
        response: { 200: ref(ChangedContainer) }
      }
    },
    async (request) => containers.stop(request.params.id, request.query.timeout)
  )

  app.post(
    '/containers/:id/restart',
    {
      config: { scope: 'containers:write' },
      schema: {
        operationId: 'restartContainer',
        tags,
        summary: 'Stop a container and start it again',
        params: ContainerParams,
        querystring: StopQuery,
        response: { 200: ref(ChangedContainer) }
      }
    },
    async (request) => containers.restart(request.params.id, request.query.timeout)
  )

  app.delete(
    '/containers/:id',
    {
      config: { scope: 'containers:write' },
      schema: {
        operationId: 'removeContainer',
        tags,
        summary: 'Remove a container',
        description: 'With its anonymous volumes. A running one only with `force=true`.',
        params: ContainerParams,
        querystring: RemoveQuery,
        response: { 200: ref(RemovedContainer) }
      }
    },
    async (request) => containers.remove(request.params.id, request.query.force ?? false)
  )

  app.patch(
    '/containers/:id',
    {
      config: { scope: 'containers:write' },
      schema: {
        operationId: 'updateContainer',
        tags,
        summary: 'Change limits, restart policy or end date',
        description:
          'Takes effect at once, also on a running container. `ttl_seconds` counts from now; null takes the end date away.',
        params: ContainerParams,
        body: ref(UpdateContainer),
        response: { 200: ref(ChangedContainer) }
      }
    },
    async (request) => containers.update(request.params.id, request.body)
  )

  app.get(
    '/containers/:id/wait',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'waitForContainer',
        tags,
        summary: 'Wait until a container is ready, or has ended',
        description:
          'Answers the moment it is so. Fails early when it cannot become so any more, with exit code and last output.',
        params: ContainerParams,
        querystring: WaitQuery,
        response: { 200: ref(WaitedContainer) }
      }
    },
    async (request, reply) => {
      return containers.wait(request.params.id, waitRequest(request.query, streams.watch(reply)))
    }
  )

  app.get(
    '/containers/:id/logs',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getContainerLogs',
        tags,
        summary: 'What a container wrote',
        description:
          'Plain text, or JSON with `format=json`. With `follow=true` server-sent events: `stdout` and `stderr` for each line, `end` when the container ended. ' +
          'The id of an event is its time; send it back as `Last-Event-ID` to go on after it.',
        params: ContainerParams,
        querystring: LogsQuery,
        headers: Type.Object({ 'last-event-id': Type.Optional(Type.String({ maxLength: 40 })) }),
        produces: ['text/plain', 'application/json', 'text/event-stream'],
        response: {
          200: {
            description: 'The output.',
            content: {
              'text/plain': { schema: { type: 'string' } },
              'application/json': { schema: ref(ContainerLogs) },
              'text/event-stream': { schema: { type: 'string' } }
            }
          }
        }
      }
    },
    async (request, reply) => {
      const { id } = request.params
      const { timestamps = false, format = 'text', follow = false } = request.query
      const lastEventId = request.headers['last-event-id']
      const query = logQuery(request.query, lastEventId)
      if (follow) {
        containers.get(id)
        await streams.send(reply, (signal) => followLogs(containers, id, query, lastEventId, signal))
        return reply
      }
      const { lines } = containers.logs(id, query, streams.watch(reply))
      if (format === 'text') return reply.type('text/plain; charset=utf-8').send(logText(lines, timestamps))
      return reply.type(JSON_TYPE).send(logJson(lines))
    }
  )

  app.get(
    '/containers/:id/top',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getContainerProcesses',
        tags,
        summary: 'The processes of a container',
        params: ContainerParams,
        response: { 200: ref(ContainerProcesses) }
      }
    },
    async (request) => containers.top(request.params.id)
  )

  app.post(
    '/containers/:id/exec',
    {
      config: { scope: 'exec' },
      schema: {
        operationId: 'execInContainer',
        tags,
        summary: 'Run a command inside a container',
        description: 'Switched off unless the server was started with BERTH_EXEC=true.',
        params: ContainerParams,
        body: ref(ExecCommand),
        response: { 200: ref(ExecResult) }
      }
    },
    async (request, reply) => {
      const { exitCode, ...rest } = await containers.exec(request.params.id, request.body, streams.watch(reply))
      return { exit_code: exitCode, ...rest }
    }
  )
}
