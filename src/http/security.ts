// Who may ask. On loopback anybody on this machine, elsewhere whoever has the token; a web page never.

import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'

// What says nothing about containers: liveness for whoever restarts this server, and the documentation.
const OPEN = ['/health', '/docs', '/redoc', '/openapi.json']
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

export function registerSecurity(
  app: FastifyInstance,
  { token, allowedHosts }: { token: string | undefined; allowedHosts: string[] }
): void {
  const names = new Set(['localhost', ...allowedHosts.map((name) => name.toLowerCase())])
  const expected = token === undefined ? undefined : digest(token)

  app.addHook('onRequest', async (request) => {
    checkHost(request, names)
    checkOrigin(request)
    if (expected && !isOpen(request)) checkToken(request, expected)
  })

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

function checkToken(request: FastifyRequest, expected: Buffer): void {
  const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (given !== undefined && timingSafeEqual(digest(given), expected)) return
  throw new AppError('UNAUTHORIZED', 'Send the token as "Authorization: Bearer <token>".')
}

function isOpen(request: FastifyRequest): boolean {
  const path = request.routeOptions.url ?? ''
  return OPEN.some((open) => path === open || path.startsWith(`${open}/`))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
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
