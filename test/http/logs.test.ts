import t from 'tap'
import type { Test } from 'tap'
import type { LogLine } from '../../src/engine/contract/workloads.ts'
import { AppError } from '../../src/errors.ts'
import { build, problem } from '../helpers/build.ts'

async function withOutput(t: Test, count = 3) {
  const server = await build(t)
  const { full_id: id } = await server.make({ name: 'web' })
  const lines = Array.from({ length: count }, (_, index) =>
    server.engine.write(id, `line ${index + 1}`, index % 2 === 0 ? 'stdout' : 'stderr')
  )
  return { ...server, id, lines }
}

t.test('logs as text', async (t) => {
  const { get, lines } = await withOutput(t)
  const answer = await get('/containers/web/logs')
  t.equal(answer.statusCode, 200)
  t.match(answer.headers['content-type'], /^text\/plain; charset=utf-8/)
  t.equal(answer.body, 'line 1\nline 2\nline 3\n')
  t.equal((await get('/containers/web/logs?timestamps=true&tail=1')).body, `${lines[2]?.time} line 3\n`)
})

t.test('logs as JSON', async (t) => {
  const { get, lines } = await withOutput(t)
  const answer = await get('/containers/web/logs?format=json')
  t.match(answer.headers['content-type'], /^application\/json/)
  t.strictSame(answer.json(), {
    lines: [
      { stream: 'stdout', timestamp: lines[0]?.time, line: 'line 1' },
      { stream: 'stderr', timestamp: lines[1]?.time, line: 'line 2' },
      { stream: 'stdout', timestamp: lines[2]?.time, line: 'line 3' }
    ]
  })
})

t.test('parts of the logs', async (t) => {
  const { get, lines } = await withOutput(t)
  const second = lines[1]?.time ?? ''
  const table: [query: string, numbers: string][] = [
    ['', '1 2 3'],
    ['tail=2', '2 3'],
    ['tail=0', ''],
    ['stdout=false', '2'],
    ['stderr=false', '1 3'],
    [`since=${second}`, '2 3'],
    [`since=${Date.parse(second) / 1000}`, '2 3'],
    [`until=${second}`, '1 2'],
    [`since=${second}&until=${second}`, '2'],
    ['since=1', '1 2 3'],
    ['until=2020-01-01', '']
  ]
  for (const [query, numbers] of table) {
    const { body } = await get(`/containers/web/logs?${query}`)
    t.equal(body.replaceAll('line ', '').trim().split('\n').join(' '), numbers, query)
  }
})

t.test('the last thousand lines by default', async (t) => {
  const { get } = await withOutput(t, 1_100)
  t.match((await get('/containers/web/logs')).body, /^line 101\n/)
  t.match((await get('/containers/web/logs?tail=1050')).body, /^line 51\n/)
  t.match((await get('/containers/web/logs?since=1')).body, /^line 1\n/, 'a time is a limit by itself')
})

t.test('empty logs', async (t) => {
  const { get } = await withOutput(t, 0)
  t.equal((await get('/containers/web/logs')).body, '')
  t.strictSame((await get('/containers/web/logs?format=json')).json(), { lines: [] })
})

t.test('logs of a missing container', async (t) => {
  const { get } = await build(t)
  for (const query of ['', '?format=json', '?follow=true'])
    problem(t, await get(`/containers/nobody/logs${query}`), 404, 'CONTAINER_NOT_FOUND')
})

t.test('an engine that fails before the first line', async (t) => {
  for (const query of ['', '?format=json']) {
    const { get, engine } = await withOutput(t)
    engine.containerLogs = () => {
      throw new AppError('ENGINE_FAILED', 'configured logging driver does not support reading')
    }
    problem(t, await get(`/containers/web/logs${query}`), 502, 'ENGINE_FAILED')
    // oxlint-disable-next-line require-yield -- it fails before its first line
    engine.containerLogs = async function* () {
      throw new AppError('ENGINE_TIMEOUT', 'no answer')
    }
    problem(t, await get(`/containers/web/logs${query}`), 504, 'ENGINE_TIMEOUT')
  }
})

t.test('an invalid parameter is refused by name', async (t) => {
  const { get } = await withOutput(t)
  const table: [query: string, field: string][] = [
    ['tail=-1', 'tail'],
    ['tail=100001', 'tail'],
    ['tail=some', 'tail'],
    ['since=yesterday', 'since'],
    ['since=12', ''],
    ['until=31.12.2026', 'until'],
    ['format=xml', 'format'],
    ['follow=perhaps', 'follow'],
    ['stdout=1', 'stdout']
  ]
  for (const [query, field] of table) {
    const answer = await get(`/containers/web/logs?${query}`)
    if (field === '') t.equal(answer.statusCode, 200, query)
    else t.match(problem(t, answer, 400, 'INVALID_REQUEST').errors, [{ field }], query)
  }
})

t.test('JSON is sent line by line, and not held in memory until the end', async (t) => {
  const { app, engine, lines } = await withOutput(t)
  const proceed = Promise.withResolvers<void>()
  engine.containerLogs = async function* () {
    yield* lines.slice(0, 1)
    await proceed.promise
    yield* lines.slice(1)
  }
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const answer = await fetch(`${url}/containers/web/logs?format=json`, { signal: AbortSignal.timeout(5_000) })
  t.equal(answer.status, 200)
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = (await reader.read()).value ?? ''
  t.match(text, /"line 1"/)
  proceed.resolve()
  for (let next = await reader.read(); !next.done; next = await reader.read()) text += next.value
  t.equal(JSON.parse(text).lines.length, 3)
})

t.test('a failure before the first line of JSON is an ordinary problem', async (t) => {
  const { get, engine } = await withOutput(t)
  engine.containerLogs = async function* () {
    yield* await Promise.reject<LogLine[]>(new AppError('ENGINE_UNAVAILABLE', 'The engine went away.'))
  }
  problem(t, await get('/containers/web/logs?format=json'), 503, 'ENGINE_UNAVAILABLE')
})
