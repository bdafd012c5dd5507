// Both servers create at once, and one is killed in the middle. Every second create has a key, so its client retries it on
// the survivor; no client knows of the others.

import { setTimeout } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Container, CreatedContainer } from '../../src/containers/schemas.ts'
import { eventually } from '../helpers/engine.ts'
import { ask } from '../helpers/postgres.ts'
import { hostPort, SLEEPER, type Server } from '../helpers/server.ts'
import type { Lab } from './lab.ts'

type Given = { lab: Lab; url: string; survivor: Server; victim: Server; each: number }

// Of 200 workloads on two cores.
const SETTLED_MS = 300_000

export async function twoServers(t: Test, { lab, url, survivor, victim, each }: Given): Promise<void> {
  const { engine } = lab.manager
  const numbers = Array.from({ length: each }, (_none, index) => index)
  const numberOf = (name: string) => Number(name.split('-')[1])
  const isKeyed = (name: string) => numberOf(name) % 2 === 1
  // A small machine takes minutes to start hundreds.
  const isStarted = (name: string) => numberOf(name) % 10 < 2
  // A retry is the same request, whichever server gets it.
  async function create(server: Server, name: string) {
    for (;;) {
      const answer = await server.request<CreatedContainer>('POST', '/containers', {
        body: { name, command: SLEEPER, start: isStarted(name) },
        headers: isKeyed(name) ? { 'idempotency-key': name } : {}
      })
      if (answer.body.code !== 'SERVER_BUSY') return answer
      await setTimeout(1_000)
    }
  }

  const made = new Map<string, number | null>()
  const uncertain: string[] = []
  const half = Promise.withResolvers<void>()
  let isKilled = false
  const began = performance.now()
  const ofVictim = numbers.map(async (number) => {
    const name = `v-${number}`
    try {
      const { status, body, text } = await create(victim, name)
      if (status !== 201) throw new Error(text)
      made.set(name, hostPort(body))
      if ([...made.keys()].filter((one) => one.startsWith('v-')).length >= each / 2) half.resolve()
    } catch (error) {
      if (!isKilled) throw error
      uncertain.push(name)
    }
  })
  const ofSurvivor = numbers.map(async (number) => {
    const name = `s-${number}`
    const { status, body, text } = await create(survivor, name)
    t.equal(status, 201, text)
    made.set(name, hostPort(body))
  })
  await half.promise
  isKilled = true
  await victim.kill('SIGKILL')
  await Promise.all([...ofVictim, ...ofSurvivor])
  t.comment(`${made.size} creates answered after ${Math.round(performance.now() - began)} ms, ${uncertain.length} not`)
  t.ok(uncertain.length > 0, 'it was killed in the middle')
  t.equal([...made.keys()].filter((name) => name.startsWith('s-')).length, each, 'the survivor made all of its own')

  for (const name of uncertain.filter(isKeyed)) {
    const { status, body, text } = await create(survivor, name)
    t.ok([200, 201].includes(status), text)
    made.set(name, hostPort(body))
  }
  t.equal(new Set(made.values()).size, made.size, 'no port is there twice')

  // As after a while without heartbeats.
  await ask(url, 'DELETE FROM servers')
  const names = [...made.keys()].toSorted()
  await eventually(async () => {
    const services = await engine.listServices()
    const found = services.map(({ Spec: spec }) => spec?.Name ?? '').toSorted()
    if (String(found) !== String(names)) throw new Error(`services ${found} instead of ${names}`)
  }, SETTLED_MS)
  const { body: known } = await survivor.get<Container[]>('/containers')
  t.strictSame(known.map(({ name }) => name).toSorted(), names, 'the survivor knows all')
  t.strictSame(
    known.filter(({ name, state }) => state !== (isStarted(name) ? 'running' : 'created')),
    []
  )
  t.strictSame(
    known.map((container) => [container.name, hostPort(container)]).toSorted(),
    [...made].toSorted(),
    'with the ports that were answered'
  )
  const tasks = (await engine.listTasks({ filters: { 'desired-state': ['running'] } })) as { ServiceID: string }[]
  t.equal(tasks.length, names.filter(isStarted).length, 'each runs once')
  t.equal(new Set(tasks.map(({ ServiceID: id }) => id)).size, tasks.length)
}
