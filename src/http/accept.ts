// Content negotiation. A client without preference, such as curl, gets a readable form.

import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'

type Asked = Pick<FastifyRequest, 'headers'>

const names = ({ headers }: Asked, type: string): boolean => (headers.accept ?? '').includes(type)

/** A browser's `EventSource` sends this header. */
export const asksForEvents = (request: Asked): boolean => names(request, 'text/event-stream')

export const asksForJson = (request: Asked): boolean =>
  names(request, 'application/json') && !names(request, 'text/plain')

/** Lets a route be for browsers only: they ask for a page by name. */
export const pageConstraint = {
  name: 'page',
  storage: () => {
    const routes = new Map<unknown, never>()
    return {
      get: (wanted: unknown) => routes.get(wanted) ?? null,
      set: (wanted: unknown, route: never) => void routes.set(wanted, route)
    }
  },
  deriveConstraint: ({ headers }: Pick<IncomingMessage, 'headers'>) =>
    /\btext\/html\b/.test(headers.accept ?? '') ? 'yes' : '',
  mustMatchWhenDerived: false
}
