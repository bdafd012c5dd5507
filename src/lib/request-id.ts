import { randomUUID } from 'node:crypto'

/** A request keeps the id its caller gave it, if that is harmless to write into a log. */
export function requestId({ headers }: { headers: Record<string, string | string[] | undefined> }): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID()
}
