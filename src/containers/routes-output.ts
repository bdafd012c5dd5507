// Routes for the workload of a container: readiness, output, processes, commands.

import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { LogLine } from '../engine/contract/workloads.ts'
import { asksForEvents, asksForJson } from '../http/accept.ts'
import {
  eventsOf,
  linesOf,
  StreamEnd,
  TEXT_TYPE,
  type StreamEvent,
  type StreamForm,
  type Streams
} from '../http/streams.ts'
import { JSON_TYPE } from '../http/json-cache.ts'
import { ref } from '../lib/schema.ts'
import type { ExecEvent } from './exec-stream.ts'
import { exactForms } from './human-forms.ts'
import { logEntry, logQuery } from './logs.ts'
import { ContainerParams, ExecCommand, LogsQuery, WaitQuery } from './request-schemas.ts'
import { LogLineEvent, ContainerLogs, ContainerProcesses, ExecOutput, ExecResult, WaitedContainer } from './schemas.ts'
import type { ContainerService } from './service.ts'
import { waitRequest } from './wait.ts'
import type { Followed } from './workload.ts'

const tags = ['containers']

type Options = { containers: ContainerService; streams: Streams }

export const outputRoutes: FastifyPluginAsyncTypebox<Options> = async (app, { containers, streams }) => {
  app.get(
    '/containers/:id/wait',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'waitForContainer',
        tags,
        summary: 'Wait for a container',
        description:
          'Returns as soon as the condition holds. Fails early, with the exit code and the last output, once it can no longer hold.',
        params: ContainerParams,
        querystring: WaitQuery,
        response: { 200: ref(WaitedContainer) }
      }
    },
    async (request, reply) => {
      return containers.wait(request.caller, request.params.id, waitRequest(request.query, streams.watch(reply)))
    }
  )

  app.get(
    '/containers/:id/logs',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getContainerLogs',
        tags,
        summary: 'Get the logs of a container',
        description:
          'Plain text, or JSON with `format=json`. `follow=true` streams new output like `tail -f`. With `Accept: text/event-stream`, server-sent events: ' +
          '`stdout` and `stderr` for each line, `end` when the container exits. The id of an event is its time. Send it back as `Last-Event-ID` to continue after it.',
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
              ...SHOWN.content
            }
          }
        }
      }
    },
    async (request, reply) => {
      const { caller } = request
      const { id } = request.params
      const { timestamps = false, format = asksForJson(request) ? 'json' : 'text', follow = false } = request.query
      const lastEventId = request.headers['last-event-id']
      const query = logQuery(request.query, lastEventId)
      if (follow) {
        const source = (signal: AbortSignal) => containers.follow(caller, id, query, lastEventId, signal)
        const form = asksForEvents(request) ? undefined : plainLines(format, timestamps)
        await streams.send(reply, source, toEvent, form)
        return reply
      }
      const lines = containers.logs(caller, id, query, streams.watch(reply))
      if (format === 'text') return reply.type(TEXT_TYPE).send(logText(lines, timestamps))
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
        summary: 'List the processes of a container',
        description: "Lists the processes as in `ps` on the engine's host. The container must be running.",
        params: ContainerParams,
        response: { 200: ref(ContainerProcesses) }
      }
    },
    async (request) => containers.top(request.caller, request.params.id)
  )

  app.post(
    '/containers/:id/exec',
    {
      config: { scope: 'exec' },
      schema: {
        operationId: 'execInContainer',
        tags,
        summary: 'Run a command in a container',
        description:
          'With `stream`, server-sent events: `stdout` and `stderr` for output, `end` with the exit code. ' +
          'Requires BERTH_EXEC=true on the server.',
        params: ContainerParams,
        body: ref(ExecCommand),
        produces: ['application/json', 'text/event-stream'],
        response: {
          200: {
            description: 'The exit code and output of the command.',
            content: { 'application/json': { schema: ref(ExecResult) }, ...EXEC_SHOWN.content }
          }
        }
      },
      preValidation: async (request) => {
        request.body = exactForms(request.body) as ExecCommand
      }
    },
    async (request, reply) => {
      const { caller, body, params } = request
      if (body.stream) {
        const source = (signal: AbortSignal) => containers.streamExec(caller, params.id, body, signal)
        await streams.send(reply, source, toExecEvent)
        return reply
      }
      const { exitCode, ...rest } = await containers.exec(
        request.caller,
        request.params.id,
        request.body,
        streams.watch(reply)
      )
      return { exit_code: exitCode, ...rest }
    }
  )
}

const LINE_TIME = '2026-01-01T12:00:00.123456789Z'
const SHOWN = eventsOf(
  { stdout: LogLineEvent, stderr: LogLineEvent, end: StreamEnd },
  { id: LINE_TIME, event: 'stdout', data: { timestamp: LINE_TIME, line: 'listening on 0.0.0.0:5000' } },
  { event: 'end', data: { reason: 'exited', exit_code: 0 } }
)

function toEvent(item: Followed): StreamEvent {
  if ('end' in item) return { event: 'end', data: item.end }
  const { stream, time, text } = item.line
  return { id: time, event: stream, data: { timestamp: time, line: text } }
}

const EXEC_SHOWN = eventsOf(
  { stdout: ExecOutput, stderr: ExecOutput, end: StreamEnd },
  { event: 'stdout', data: { text: 'v24.21.0\n' } },
  { event: 'end', data: { reason: 'exited', exit_code: 0 } }
)

function toExecEvent(item: ExecEvent): StreamEvent {
  return 'end' in item ? { event: 'end', data: item.end } : { event: item.stream, data: { text: item.text } }
}

/** As `tail -f` shows it, or one JSON object a line. */
function plainLines(format: 'text' | 'json', timestamps: boolean): StreamForm {
  if (format === 'json')
    return linesOf(
      'application/x-ndjson',
      ({ line, timestamp }, stream) => `${JSON.stringify({ stream, timestamp, line })}\n`
    )
  return linesOf(TEXT_TYPE, ({ line, timestamp }) => (timestamps ? `${timestamp} ${line}\n` : `${line}\n`))
}

function logText(lines: AsyncIterable<LogLine>, timestamps: boolean): Readable {
  async function* texts() {
    for await (const { time, text } of lines) yield timestamps ? `${time} ${text}\n` : `${text}\n`
  }
  return Readable.from(texts(), { objectMode: false })
}

/** As one object, written line by line, since all lines together may exceed the memory. */
function logJson(lines: AsyncIterable<LogLine>): Readable {
  async function* texts() {
    let isFirst = true
    for await (const line of lines) {
      yield `${isFirst ? '{"lines":[' : ','}${JSON.stringify(logEntry(line))}`
      isFirst = false
    }
    yield isFirst ? '{"lines":[]}' : ']}'
  }
  return Readable.from(texts(), { objectMode: false })
}
