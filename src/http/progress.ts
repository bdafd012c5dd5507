// Responses with progress: in one piece, or as events if the client accepts them.

import type { TObject } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Missed } from '../lib/channel.ts'
import { follow, type Step } from '../lib/follow.ts'
import { ref } from '../lib/schema.ts'
import { TransferProgress, viewProgress } from '../lib/transfer-progress.ts'
import { asksForEvents } from './accept.ts'
import { eventsOf, StreamEnd, StreamGap, type StreamEvent, type Streams } from './streams.ts'

type Progress = Parameters<typeof viewProgress>[0]
export type Begin<T> = (course: { signal: AbortSignal; onProgress?: (progress: Progress) => void }) => Promise<T>

/** Runs the task and sends its events, if the client asks for them; else undefined. */
export async function sendProgress(
  streams: Streams,
  { request, reply, begin }: { request: FastifyRequest; reply: FastifyReply; begin: Begin<unknown> }
): Promise<FastifyReply | undefined> {
  if (!asksForEvents(request)) return undefined
  const open = (signal: AbortSignal) => events(follow((onProgress) => begin({ signal, onProgress }), signal))
  await streams.send(reply, open, (event) => event)
  return reply
}

async function* events(steps: AsyncIterable<Step<Progress, unknown> | Missed>): AsyncGenerator<StreamEvent> {
  for await (const step of steps) {
    if ('missed' in step) yield { event: 'gap', data: step }
    else if ('progress' in step) yield { event: 'progress', data: viewProgress(step.progress) }
    else {
      yield { event: 'result', data: step.result }
      yield { event: 'end', data: { reason: 'completed' } }
    }
  }
}

/** The plain answer, or events. */
export function watchedAnswer(description: string, schema: TObject) {
  const progress = { layer: 'a3ed95caeb02', status: 'Downloading', current_bytes: 1024, total_bytes: 4096 }
  return {
    description,
    content: {
      'application/json': { schema: ref(schema) },
      ...eventsOf(
        { progress: TransferProgress, result: schema, gap: StreamGap, end: StreamEnd },
        { event: 'progress', data: progress },
        { event: 'end', data: { reason: 'completed' } }
      ).content
    }
  }
}
