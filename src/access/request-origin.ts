// Requests that are refused before their token is checked: from web pages, and under a foreign host name.

import { isIP } from 'node:net'
import { AppError } from '../errors.ts'

/** The origin of a request, according to its headers. */
type RequestOrigin = {
  method: string
  host: string | undefined
  origin: string | undefined
  fetchSite: string | undefined
}
export type CheckOrigin = (request: RequestOrigin) => void

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** `origins` are the origins whose pages the operator allows. */
export function createOriginCheck(allowedHosts: string[], origins: readonly string[] = []): CheckOrigin {
  const names = new Set(['localhost', ...allowedHosts.map((name) => name.toLowerCase())])
  return (request) => {
    refuseForeignHost(request, names)
    if (request.origin === undefined || !origins.includes(request.origin)) refuseForeignPage(request)
  }
}

/** DNS rebinding needs a name of the attacker's, so only addresses and known names are allowed. */
function refuseForeignHost({ host = '' }: RequestOrigin, names: Set<string>): void {
  const name = hostName(host)
  if (isIP(name) !== 0 || names.has(name)) return
  throw new AppError(
    'HOST_NOT_ALLOWED',
    `This server does not answer as "${name}". BERTH_ALLOWED_HOSTS lets further names in.`
  )
}

/** Browsers send the origin of a request; curl and programs do not. A page on a workload's port is another origin, too. */
function refuseForeignPage({ method, host, origin, fetchSite }: RequestOrigin): void {
  if (SAFE_METHODS.has(method)) return
  const foreignSite = fetchSite !== undefined && fetchSite !== 'same-origin'
  const foreignOrigin = origin !== undefined && originHost(origin) !== host?.toLowerCase()
  if (foreignSite || foreignOrigin)
    throw new AppError('CROSS_ORIGIN_REFUSED', 'Only this server’s own pages and programs may request changes.')
}

function hostName(host: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(host)?.[1]
  return (bracketed ?? host.replace(/:\d+$/, '')).toLowerCase()
}

function originHost(origin: string): string | undefined {
  try {
    return new URL(origin).host
  } catch {
    return undefined
  }
}
