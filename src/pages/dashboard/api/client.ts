// Calls the server. Every failure is one kind of error, with a problem to show.

import { CALLS, type Calls, type Problem } from '../../../client/api.ts'
import { headersOf, wantToken } from '../state/session.ts'

export class Refused extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

type Value = string | number | boolean
export async function ask<K extends keyof Calls>(name: K, given: Calls[K]['given']): Promise<Calls[K]['answer']> {
  const { method, url, body } = requestOf(name, given)
  const headers: Record<string, string> = { accept: 'application/json' }
  if (body !== undefined) headers['content-type'] = 'application/json'
  const answer = await send(url, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) })
  })
  return (await answer.json()) as Calls[K]['answer']
}

function requestOf<K extends keyof Calls>(name: K, given: Calls[K]['given']) {
  const [method = 'GET', template = ''] = CALLS[name].split(' ')
  const { body, ...rest } = given as { body?: unknown } & Record<string, Value | Value[] | undefined>
  const query = new URLSearchParams()
  let path = template
  for (const [key, value] of Object.entries(rest)) {
    if (value === undefined) continue
    if (path.includes(`{${key}}`)) path = path.replace(`{${key}}`, encodeURIComponent(String(value)))
    else for (const each of [value].flat()) query.append(key, String(each))
  }
  return { method, url: query.size > 0 ? `${path}?${query}` : path, body }
}

/** Retries for an overloaded server, which refused before it did anything. */
const TRIES = 4

/** An error response without problem details. */
export async function send(url: string, init: RequestInit = {}): Promise<Response> {
  for (let tries = 1; ; tries++) {
    const answer = await attempt(url, init)
    if (answer.ok) return answer
    const problem = await problemOf(answer)
    if (problem.code === 'SERVER_BUSY' && tries < TRIES) {
      await new Promise((resolve) => setTimeout(resolve, 1_000 * tries))
      continue
    }
    if (answer.status === 401) wantToken(problem.detail)
    throw new Refused(problem)
  }
}

async function attempt(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, headers: headersOf(init.headers) })
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw new Refused(local('SERVER_UNREACHABLE', 'The server does not answer', 'This page keeps trying.'))
  }
}

async function problemOf(answer: Response): Promise<Problem> {
  try {
    return (await answer.json()) as Problem
  } catch {
    return local('NO_PROBLEM', `Status ${answer.status}`, `${answer.url} answered ${answer.status} without a problem.`)
  }
}

export function problemFrom(error: unknown): Problem {
  return error instanceof Refused ? error.problem : local('PAGE_ERROR', 'This page failed', String(error))
}

function local(code: string, title: string, detail: string): Problem {
  return { type: '', title, status: 0, detail, code, retryable: true, request_id: '' }
}
