// Terminals and followed commands, over gRPC.

import t from 'tap'
import type { Test } from 'tap'
import { createChannel } from '../../src/lib/channel.ts'
import { buildRpc, refusal } from '../helpers/grpc.ts'
import { until } from '../helpers/until.ts'

type Request = { frame: { case: string; value: unknown } }

async function serve(t: Test) {
  const server = await buildRpc(t, { env: { BERTH_EXEC: 'true' } })
  await server.make({ name: 'web' })
  const open = (first: Request) => {
    const closed = new AbortController()
    const channel = createChannel<Request>(100)
    const requests = channel.subscribe(closed.signal) as AsyncIterable<never>
    channel.push(first)
    const answers = server.docker.openDockerTerminal(requests)[Symbol.asyncIterator]()
    const next = async () => (await answers.next()).value?.frame
    return {
      next,
      send: (case_: string, value: unknown) => channel.push({ frame: { case: case_, value } }),
      close: () => closed.abort()
    }
  }
  return { ...server, open }
}

const START: Request = {
  frame: { case: 'start', value: { name: 'web', command: ['cat'], size: { cols: 90, rows: 20 } } }
}

t.test('a terminal: input, size, output, exit code, and the end of its requests', async (t) => {
  const { open, engine } = await serve(t)
  const terminal = open(START)
  t.match(await terminal.next(), { case: 'opened', value: { session: /./, command: ['cat'], offset: 0n } })
  terminal.send('input', Buffer.from('hi'))
  t.match(await terminal.next(), { case: 'output', value: Buffer.from('hi') })
  terminal.send('ack', 2n)
  terminal.send('resize', { cols: 100, rows: 30 })
  terminal.send('signal', 'TERM')
  t.match(await terminal.next(), { case: 'ended', value: { reason: 'exited', exitCode: 143 } })
  t.strictSame(engine.processes[0]?.sizes.at(-1), { cols: 100, rows: 30 })

  const closed = open(START)
  await closed.next()
  closed.close()
  await until(() => engine.processes[1]?.hasEnded() === true)
})

t.test('impossible requests are refused', async (t) => {
  const { open } = await serve(t)
  const refused = (first: Request) => refusal(open(first).next())
  t.match(await refused({ frame: { case: 'signal', value: 'INT' } }), { reason: 'INVALID_REQUEST' })
  t.match(await refused({ frame: { case: 'start', value: { name: 'nobody' } } }), { reason: 'CONTAINER_NOT_FOUND' })
  t.match(await refused({ frame: { case: 'resume', value: { session: 'x' } } }), { reason: 'TERMINAL_NOT_FOUND' })
})

t.test('a command is followed to its exit code', async (t) => {
  const { docker } = await serve(t)
  const told: unknown[] = []
  for await (const { event } of docker.streamDockerExec({ name: 'web', command: ['cat'], stdin: 'in' }))
    told.push(event)
  t.match(told, [
    { case: 'stdout', value: 'in' },
    { case: 'end', value: { reason: 'exited', exitCode: 0 } }
  ])
})
