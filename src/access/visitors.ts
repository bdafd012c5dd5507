// Who is not even asked for a token: web pages, and whoever calls this server by a name that is not its own.

import { isIP } from 'node:net'
import { AppError } from '../errors.ts'

/** What a request says about where it comes from. */
type Visitor = {
  method: string
  host: string | undefined
  origin: string | undefined
  fetchSite: string | undefined
}
export type AdmitVisitor = (visitor: Visitor) => void

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

export function createVisitorRules(allowedHosts: string[]): AdmitVisitor {
  const names = new Set(['localhost', ...allowedHosts.map((name) => name.toLowerCase())])
  return (visitor) => {
    checkHost(visitor, names)
    checkOrigin(visitor)
  }
}

/** A name that an attacker points at this machine (DNS rebinding) is a name, so addresses and known names are let in. */
function checkHost({ host = '' }: Visitor, names: Set<string>): void {
  const name = hostName(host)
  if (isIP(name) !== 0 || names.has(name)) return
  throw new AppError(
    'HOST_NOT_ALLOWED',
    `This server does not answer as "${name}". BERTH_ALLOWED_HOSTS lets further names in.`
  )
}

/** Browsers say where a request comes from; curl and programs do not. A page on a workload's port is another origin, too. */
function checkOrigin({ method, host, origin, fetchSite }: Visitor): void {
  if (SAFE_METHODS.has(method)) return
  const foreignSite = fetchSite !== undefined && fetchSite !== 'same-origin'
  const foreignOrigin = origin !== undefined && originHost(origin) !== host?.toLowerCase()
  if (foreignSite || foreignOrigin)
    throw new AppError(
      'CROSS_ORIGIN_REFUSED',
      'Changes may only be asked for by this server’s own pages or by programs.'
    )
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
