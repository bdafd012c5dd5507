import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { Caller } from '../access/caller.ts'
import { acceptForms, readForm } from '../http/forms.ts'
import { asksForEvents } from '../http/accept.ts'
import { eventsOf, linesOf, StreamEnd, TEXT_TYPE, type StreamEvent, type Streams } from '../http/streams.ts'
import { createJsonCache, JSON_TYPE, jsonList } from '../http/json-cache.ts'
import { formed, ref } from '../lib/schema.ts'
import type { Placed } from './pages.ts'
import { parseFields } from './request.ts'
import {
  Build,
  BuildDetails,
  BuildForm,
  BuildLine,
  BuildLogsQuery,
  BuildParams,
  ListBuildsQuery,
  RemoveBuildQuery,
  RemovedBuild,
  RetryBuild
} from './schemas.ts'
import type { BuildService } from './service.ts'

const tags = ['builds']
const params = BuildParams

export const buildRoutes: FastifyPluginAsyncTypebox<{ builds: BuildService; streams: Streams }> = async (
  app,
  { builds, streams }
) => {
  await acceptForms(app)
  // Without the first brace: the place in the queue goes before the fields.
  const fieldsOf = createJsonCache((build) => JSON.stringify(build).slice(1))

  function write(page: Placed[]): Buffer {
    // Added up and not joined, since a join would copy each chunk once more.
    let list = ''
    for (const { place, build } of page) list += `${list && ','}{"queue_position":${place},${fieldsOf(build)}`
    return Buffer.from(`[${list}]`)
  }

  app.post(
    '/builds',
    {
      config: { scope: 'builds:write' },
      // The form is checked when it has been read.
      validatorCompiler: () => () => true,
      schema: {
        operationId: 'createBuild',
        tags,
        summary: 'Build an image, then push and run it if asked',
        description:
          'Returns once the upload is complete; the build is queued and survives restarts of the server. ' +
          'Example: `curl -F file=@Dockerfile -F image_name=web -F image_tag=1 http://127.0.0.1:8000/builds`, ' +
          'or with a whole folder: `tar cz . | curl -F file=@- -F image_name=web http://127.0.0.1:8000/builds`.',
        consumes: ['multipart/form-data'],
        body: BuildForm,
        response: { 202: { description: 'Accepted; `Location` names the build.', ...ref(BuildDetails) } }
      }
    },
    async (request, reply) => {
      const build = await builds.take({ caller: request.caller, door: 'rest' }, async (receive) => {
        const { fields } = await readForm(request, receive, ['file', 'context'], ['run', 'build_args'])
        return { fields: parseFields(fields) }
      })
      reply.code(202).header('location', build.links.self)
      return build
    }
  )

  app.get(
    '/builds',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'listBuilds',
        tags,
        summary: 'List builds, newest first',
        description: 'Lists the builds that the caller may see, page by page.',
        querystring: ListBuildsQuery,
        response: { 200: jsonList(Build, 'The builds; `X-Next-Cursor` names the next page.') }
      }
    },
    async (request, reply) => {
      const { builds: page, nextCursor } = await builds.list(request.caller, request.query)
      if (nextCursor !== undefined) reply.header('x-next-cursor', nextCursor)
      return reply.type(JSON_TYPE).send(write(page))
    }
  )

  app.get(
    '/builds/:id',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getBuild',
        tags,
        summary: 'Get a build',
        description:
          'Returns the state, the steps with their durations and, once finished, the image, digest or reason.',
        params,
        response: { 200: { description: 'The build.', ...ref(BuildDetails) } }
      }
    },
    async (request) => builds.get(request.caller, request.params.id)
  )

  app.get(
    '/builds/:id/logs',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getBuildLogs',
        tags,
        summary: 'Get the log of a build',
        description:
          'Plain text. With `follow=true`, the log continues until the build finishes. With `Accept: text/event-stream`, server-sent events: `line` for each line and `end` with the outcome. Send the id of a line back as `Last-Event-ID` to continue after it.',
        params,
        querystring: BuildLogsQuery,
        headers: Type.Object({
          'last-event-id': Type.Optional(
            formed('^[0-9]{1,15}$', 'must be the id of an event of this stream', {
              description: 'Continue after this line.'
            })
          )
        }),
        response: {
          200: {
            description: 'The log.',
            content: { 'text/plain': { schema: { type: 'string' } }, ...SHOWN.content }
          }
        }
      }
    },
    async (request, reply) => {
      const { caller } = request
      const { id } = request.params
      const { follow = false, offset: asked = 0 } = request.query
      const offset = Number(request.headers['last-event-id'] ?? asked)
      const wantsEvents = asksForEvents(request)
      if (follow || wantsEvents) {
        await streams.send(
          reply,
          (signal) => events(caller, id, offset, signal),
          (event) => event,
          wantsEvents ? undefined : PLAIN
        )
        return reply
      }
      const lines = await builds.logs(caller, id, { offset, follow: false }, streams.watch(reply))
      async function* text() {
        for await (const line of lines) yield `${line.text}\n`
      }
      return reply.type(TEXT_TYPE).send(Readable.from(text()))
    }
  )

  async function events(
    caller: Caller,
    id: string,
    from: number,
    signal: AbortSignal
  ): Promise<AsyncIterable<StreamEvent>> {
    const lines = await builds.logs(caller, id, { offset: from, follow: true }, signal)
    async function* read(): AsyncGenerator<StreamEvent> {
      for await (const { text, offset } of lines) yield { id: String(offset), event: 'line', data: { line: text } }
      if (signal.aborted) return
      const { status, build, push, run } = await builds.get(caller, id)
      yield {
        event: 'end',
        data: {
          reason: 'the build is finished',
          status,
          build: build.status,
          push: push.status,
          run: run.status,
          url: run.url
        }
      }
    }
    return read()
  }

  app.post(
    '/builds/:id/retry',
    {
      config: { scope: 'builds:write' },
      schema: {
        operationId: 'retryBuild',
        tags,
        summary: 'Retry the failed stages of a build',
        description:
          'If only the push failed, pushes the image again without rebuilding it. You may send new credentials.',
        params,
        body: ref(RetryBuild),
        response: { 202: { description: 'The build, queued again.', ...ref(BuildDetails) } }
      },
      preValidation: async (request) => {
        request.body ??= {}
      }
    },
    async (request, reply) => {
      reply.code(202)
      return builds.retry(request.caller, request.params.id, request.body)
    }
  )

  app.post(
    '/builds/:id/cancel',
    {
      config: { scope: 'builds:write' },
      schema: {
        operationId: 'cancelBuild',
        tags,
        summary: 'Cancel a build',
        description: 'Returns once the engine has stopped the build.',
        params,
        response: { 200: { description: 'The cancelled build.', ...ref(BuildDetails) } }
      }
    },
    async (request) => builds.cancel(request.caller, request.params.id)
  )

  app.delete(
    '/builds/:id',
    {
      config: { scope: 'builds:write' },
      schema: {
        operationId: 'removeBuild',
        tags,
        summary: 'Remove a build, its files and its image',
        description:
          'Berth keeps an image that a container uses or whose name belongs to a later build; the response says so.',
        params,
        querystring: RemoveBuildQuery,
        response: { 200: { description: 'The removed build, and what became of its images.', ...ref(RemovedBuild) } }
      }
    },
    async (request) => builds.remove(request.caller, request.params.id, request.query)
  )
}

const SHOWN = eventsOf(
  { line: BuildLine, end: StreamEnd },
  { id: '31', event: 'line', data: { line: 'Step 1/2 : FROM node:24-alpine' } },
  { event: 'end', data: { reason: 'the build is finished', status: 'completed' } }
)

/** As `tail -f` shows it. */
const PLAIN = linesOf(TEXT_TYPE, ({ line }) => `${line}\n`)
