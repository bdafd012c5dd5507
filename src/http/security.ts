// Authorization of requests. Foreign web pages may not send any, every route must have a scope, and the access service
// decides the rest.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Budget } from '../access/budget.ts'
import type { Caller } from '../access/caller.ts'
import type { Access } from '../access/service.ts'
import type { CheckOrigin } from '../access/request-origin.ts'
import type { Connections } from '../lib/connections.ts'
import type { OnBehalf } from '../lib/on-behalf.ts'
import { takeSocketToken, type TokenAmong } from './websockets.ts'

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller
  }
}

const SECRET_HEADERS = ['authorization', 'proxy-authorization', 'cookie', 'x-registry-auth']
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Whether a request may change something. */
export function isChange({ method, routeOptions }: FastifyRequest): boolean {
  return routeOptions.config.isChange ?? !SAFE_METHODS.has(method)
}

/** A client of the unix socket has no address. */
export function addressOf({ ip }: FastifyRequest): string {
  return ip || 'socket'
}

type Guards = {
  access: Access
  budget: Budget
  nobody: Caller
  admit: CheckOrigin
  connections: Connections
  onBehalf: OnBehalf
  tokenAmong: TokenAmong
}

export function registerSecurity(
  app: FastifyInstance,
  { access, budget, nobody, admit, connections, onBehalf, tokenAmong }: Guards
): void {
  app.decorateRequest('caller')

  function count(request: FastifyRequest, { raw }: FastifyReply): void {
    const { caller } = request
    const giveBack = budget.request(caller, addressOf(request), () => raw.writableLength)
    const release = caller === nobody ? () => {} : connections.hold(request.raw.socket)
    let isOpen = true
    const answered = () => {
      if (!isOpen) return
      isOpen = false
      giveBack()
      release()
    }
    raw.once('finish', answered).once('close', answered)
  }

  function admitCaller(request: FastifyRequest, reply: FastifyReply): void {
    request.caller = nobody
    const { headers } = request
    // Later logs of the headers, as by the parser of forms, must not contain these.
    const { authorization = takeSocketToken(headers, tokenAmong) } = headers
    for (const name of SECRET_HEADERS) delete headers[name]
    const method = isChange(request) ? 'POST' : request.method
    admit({ method, host: hostOf(request), origin: headers.origin, fetchSite: one(headers['sec-fetch-site']) })
    const { config } = request.routeOptions
    if (config.scope === 'open') return count(request, reply)
    request.caller = access.authenticate(authorization, { address: addressOf(request), door: 'rest' })
    // An unknown route has no scope; every valid token gets its error.
    if (config.scope) access.authorize(request.caller, config.scope)
    count(request, reply)
    if (isChange(request))
      budget.change(request.caller, ({ most, seconds, left }) => {
        reply.headers({ 'ratelimit-policy': `"changes";q=${most};w=${seconds}`, ratelimit: `"changes";r=${left}` })
      })
  }

  app.addHook('onRequest', (request, reply, done) => {
    admitCaller(request, reply)
    done()
  })
  // Not earlier: parsing a body changes the async context.
  app.addHook('preHandler', (request, _reply, done) => {
    onBehalf.run(budget.whose(request.caller, addressOf(request)), done)
  })
  refuseRoutesWithoutScope(app)

  app.addHook('onSend', (request, reply, _payload, done) => {
    reply.header('x-content-type-options', 'nosniff')
    reply.header('referrer-policy', 'no-referrer')
    if (!reply.hasHeader('cross-origin-resource-policy')) reply.header('cross-origin-resource-policy', 'same-origin')
    if (!reply.hasHeader('content-security-policy'))
      reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
    if (!reply.hasHeader('cache-control') && !request.url.startsWith('/docs/static/'))
      reply.header('cache-control', 'no-store')
    done()
  })
}

/** An absolute URL in the request line takes precedence over the header. */
function hostOf({ url, headers }: FastifyRequest): string | undefined {
  return url.startsWith('/') ? headers.host : URL.parse(url)?.host
}

/** Checked after all routes exist, since the routes of a plugin get theirs at its registration. */
function refuseRoutesWithoutScope(app: FastifyInstance): void {
  const routes: { method: string | string[]; url: string; config?: { scope?: unknown } }[] = []
  app.addHook('onRoute', (route) => void routes.push(route))
  app.addHook('onReady', async () => {
    const bare = routes.filter(({ config }) => config?.scope === undefined)
    if (bare.length === 0) return
    const names = bare.map(({ method, url }) => `${[method].flat().join(', ')} ${url}`)
    throw new Error(`These routes declare no scope, so nobody would know who may use them: ${names.join('; ')}`)
  })
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value
}
