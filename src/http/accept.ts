// In what form an answer is asked for. Who says nothing, as curl does, gets what is good to read.

import type { FastifyRequest } from 'fastify'

type Asked = Pick<FastifyRequest, 'headers'>

const names = ({ headers }: Asked, type: string): boolean => (headers.accept ?? '').includes(type)

/** A browser's `EventSource` asks for them by itself. */
export const asksForEvents = (request: Asked): boolean => names(request, 'text/event-stream')

export const asksForJson = (request: Asked): boolean =>
  names(request, 'application/json') && !names(request, 'text/plain')
