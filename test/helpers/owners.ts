// The server with unrelated tokens, and requests of each of them.

import { setTimeout } from 'node:timers/promises'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import { SCOPES, type Scope } from '../../src/access/scopes.ts'
import { openStore } from '../../src/store/sqlite/open.ts'
import { serveBuilds } from './build-server.ts'
import { addToken, bearer } from './tokens.ts'

/** `own` and `mate` are a team; `stranger` is not in it. */
export const CALLERS = ['own', 'mate', 'stranger', 'admin'] as const
export type CallerName = (typeof CALLERS)[number]

const ALL_BUT_ADMIN: Scope[] = SCOPES.filter((scope) => scope !== 'admin')

export async function serveOwners(t: Test, options: Parameters<typeof serveBuilds>[1] = {}) {
  const store = openStore(':memory:')
  const secrets = {
    own: await addToken(store, { name: 'own', scopes: ALL_BUT_ADMIN, team: 'shop' }),
    mate: await addToken(store, { name: 'mate', scopes: ALL_BUT_ADMIN, team: 'shop' }),
    stranger: await addToken(store, { name: 'stranger', scopes: ALL_BUT_ADMIN }),
    admin: await addToken(store, { name: 'admin', scopes: ['admin'] })
  }
  const server = await serveBuilds(t, { ...options, store, early: true, env: { BERTH_EXEC: 'true', ...options.env } })

  /** On a busy machine the server may say that it is busy, so the request is retried. */
  async function patiently(ask: () => Promise<LightMyRequestResponse>): Promise<LightMyRequestResponse> {
    for (;;) {
      const answer = await ask()
      if (answer.statusCode !== 503 || answer.json().code !== 'SERVER_BUSY') return answer
      await setTimeout(100)
    }
  }

  const as = (who: CallerName) => ({
    headers: bearer(secrets[who]),
    ask: (method: string, url: string, payload?: Buffer | object, more: Record<string, string> = {}) =>
      patiently(() =>
        server.ask(method, url, { headers: { ...more, ...bearer(secrets[who]) }, ...(payload && { payload }) })
      ),
    get: (url: string, given: InjectOptions = {}) =>
      patiently(() => server.get(url, { ...given, headers: { ...given.headers, ...bearer(secrets[who]) } }))
  })
  // A change waits until all containers are known.
  await as('admin').ask('POST', '/containers/-/start')
  return { ...server, secrets, as }
}
