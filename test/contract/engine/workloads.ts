// The rules for workloads and commands in a container, for every engine.

import type { Test } from 'tap'
import type { EngineProcess, LogLine, LogQuery } from '../../../src/engine/contract/workloads.ts'
import { make, type Subject } from './subject.ts'

const ALL: LogQuery = { stdout: true, stderr: true, follow: false }

async function textsOf(lines: AsyncIterable<LogLine>): Promise<string[]> {
  const texts: string[] = []
  for await (const { text } of lines) texts.push(text)
  return texts
}

async function outputOf({ output }: EngineProcess): Promise<string> {
  let text = ''
  for await (const { bytes } of output) text += bytes.toString()
  return text
}

export async function workloadsContract(t: Test, subject: Subject): Promise<void> {
  const { engine } = subject
  const limits = () => ({ bytes: 1_000, signal: AbortSignal.timeout(30_000) })
  const command = { command: ['echo', 'hello'], env: {} }

  await t.test('output: all of it, the last lines, one stream, and live', async (t) => {
    const { id } = await make(t, subject)
    await subject.write(id, 'one')
    await subject.write(id, 'two')
    const read = (query: Partial<LogQuery>, signal?: AbortSignal) =>
      textsOf(engine.containerLogs(id, false, { ...ALL, ...query }, signal))
    t.strictSame(await read({}), ['one', 'two'])
    t.strictSame(await read({ tail: 1 }), ['two'])
    t.strictSame(await read({ tail: 0 }), [])
    t.strictSame(await read({ stdout: false }), [])
    const following = read({ follow: true })
    await subject.write(id, 'three')
    await engine.stopContainer(id, 0)
    t.strictSame(await following, ['one', 'two', 'three'], 'to the end of the container')
    if (!subject.lacks?.['keep the output of a stopped container'])
      t.strictSame(await read({ tail: 1 }), ['three'], 'even if it has ended')
  })

  await t.test('a command beside the workload', async (t) => {
    const { id } = await make(t, subject)
    t.strictSame(await engine.exec(id, command, limits()), {
      exitCode: 0,
      stdout: 'hello\n',
      stderr: '',
      truncated: false
    })
    t.match(await engine.exec(id, { command: ['cat'], env: {}, stdin: 'read' }, limits()), { stdout: 'read' })
  })

  await t.test('a streamed command without a terminal', async (t) => {
    const { id } = await make(t, subject)
    const cat = await engine.startProcess(id, { command: ['cat'], env: {}, takesInput: true })
    await cat.write(Buffer.from('one\n'))
    cat.endInput()
    t.equal(await outputOf(cat), 'one\n')
    t.equal(await cat.exitCode(), 0)
  })

  await t.test('a command in a terminal', async (t) => {
    const { id } = await make(t, subject)
    const start = (command: string[]) =>
      engine.startProcess(id, { command, env: {}, size: { cols: 80, rows: 24 }, takesInput: true })
    const interrupted = await start(['cat'])
    await interrupted.write(Buffer.from('\u0003'))
    await outputOf(interrupted)
    t.equal(await interrupted.exitCode(), 130)

    const signalled = await start(['cat'])
    await signalled.resize({ cols: 100, rows: 30 })
    t.ok(await signalled.signal('TERM'))
    await outputOf(signalled)
    t.equal(await signalled.exitCode(), 143)

    const ended = await start(['cat'])
    t.ok(await ended.end(1_000))
    await outputOf(ended)
    t.equal(await ended.exitCode(), 129, 'a hangup ends it')

    await t.rejects(start(['nothing']), { code: 'COMMAND_NOT_STARTED' })
  })

  await t.test('unread output blocks the command and loses nothing', async (t) => {
    const { id } = await make(t, subject)
    const yes = await engine.startProcess(id, {
      command: ['yes'],
      env: {},
      size: { cols: 80, rows: 24 },
      takesInput: true
    })
    let bytes = 0
    for await (const piece of yes.output) {
      bytes += piece.bytes.length
      if (bytes > 1_000_000) break
    }
    t.ok(bytes < 1_200_000)
    t.ok(await yes.end(1_000))
  })

  await t.test('a stopped container has no processes or figures and takes no command', async (t) => {
    const { id } = await make(t, subject, { start: false })
    const refused = { code: 'CONTAINER_NOT_RUNNING' }
    await t.rejects(engine.containerProcesses(id), refused)
    await t.rejects(engine.exec(id, command, limits()), refused)
    await t.rejects(engine.startProcess(id, { ...command, takesInput: false }), refused)
    t.equal(await engine.containerCounters(id), undefined)
  })

  await t.test('a running container has processes and figures', async (t) => {
    const { id } = await make(t, subject)
    const { titles, processes } = await engine.containerProcesses(id)
    t.ok(titles.includes('PID'))
    t.ok(processes.some((values) => values.length === titles.length && values.join(' ').includes('sleep')))
    t.match(await engine.containerCounters(id), { cpuNs: Number, memoryUsage: Number, pids: Number })
  })
}
