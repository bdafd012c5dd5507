// Who may ask for what. A web page may ask for nothing, a route without a scope does not exist, and everything else is for
// the access service to say.

import { isIP } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Caller } from '../access/caller.ts'
import type { Access } from '../access/service.ts'
import { AppError } from '../errors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller
  }
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

export function registerSecurity(
  app: FastifyInstance,
  { access, nobody, allowedHosts }: { access: Access; nobody: Caller; allowedHosts: string[] }
): void {
  const names = new Set(['localhost', ...allowedHosts.map((name) => name.toLowerCase())])
  app.decorateRequest('caller')

  app.addHook('onRequest', async (request) => {
    request.caller = nobody
    checkHost(request, names)
    checkOrigin(request)
    const { config } = request.routeOptions
    if (config.scope === 'open') return
    request.caller = access.authenticate(request.headers.authorization, { address: request.ip, door: 'rest' })
    // What is not there has no scope; that is said to whoever has a token at all.
    if (config.scope) access.authorize(request.caller, config.scope)
  })
  refuseRoutesWithoutScope(app)

  app.addHook('onSend', async (request, reply) => {
    reply.header('x-content-type-options', 'nosniff')
    reply.header('referrer-policy', 'no-referrer')
    reply.header('cross-origin-resource-policy', 'same-origin')
    if (!reply.hasHeader('content-security-policy'))
      reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
    if (!reply.hasHeader('cache-control') && !request.url.startsWith('/docs/static/'))
      reply.header('cache-control', 'no-store')
  })
}

/** Looked at when all are there, since the routes of a plugin are given theirs by who registers it. */
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

/** A name that an attacker points at this machine (DNS rebinding) is a name, so addresses and known names are let in. */
function checkHost(request: FastifyRequest, names: Set<string>): void {
  const host = hostName(request.headers.host ?? '')
  if (isIP(host) !== 0 || names.has(host)) return
  throw new AppError(
    'HOST_NOT_ALLOWED',
    `This server does not answer as "${host}". BERTH_ALLOWED_HOSTS lets further names in.`
  )
}

/** Browsers say where a request comes from; curl and programs do not. A page on a workload's port is another origin, too. */
function checkOrigin({ method, headers }: FastifyRequest): void {
  if (SAFE_METHODS.has(method)) return
  const site = headers['sec-fetch-site']
  const origin = headers.origin
  const foreignSite = site !== undefined && site !== 'same-origin'
  const foreignOrigin = origin !== undefined && originHost(origin) !== headers.host?.toLowerCase()
  if (foreignSite || foreignOrigin)
    throw new AppError(
      'CROSS_ORIGIN_REFUSED',
      'Changes may only be asked for by this server’s own pages or by programs.'
    )
}

function hostName(host: string): string {
  const bracketed = /^\[([^\]]+)\]/.exec(host)?.[1]
  return (bracketed ?? host.replace(/:\d+$/, '')).toLowerCase()
}

function originHost(origin: string): string | undefined {
  try {
    return new URL(origin).host
  } catch {
    return undefined
  }
}
