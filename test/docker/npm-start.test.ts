// `npm start` as its users run it: whichever process gets the signal, the server ends in order and no process stays behind.

import assert from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { eventually } from '../helpers/engine.ts'
import { makeFolder } from '../helpers/folder.ts'
import { freePort } from '../helpers/port-ranges.ts'

const PROJECT = join(import.meta.dirname, '../..')

t.test('SIGTERM to npm', async (t) => {
  const { npm, output, endsInOrder } = await startWithNpm(t)
  t.match(output(), /^\{.*"msg":"Berth is up"\}$/m, 'a program that reads the log gets JSON')
  npm.kill('SIGTERM')
  await endsInOrder(t)
})

t.test('SIGTERM to the process that npm started', async (t) => {
  const { npm, alive, endsInOrder } = await startWithNpm(t)
  for (const child of alive().filter((pid) => parentOf(pid) === npm.pid)) process.kill(child, 'SIGTERM')
  await endsInOrder(t)
})

t.test('SIGTERM to the process group, which npm forwards once more', async (t) => {
  const { npm, endsInOrder } = await startWithNpm(t)
  process.kill(-(npm.pid ?? 0), 'SIGTERM')
  await endsInOrder(t)
})

t.test('Ctrl-C on a terminal', async (t) => {
  const command = ['script', '--quiet', '--command', 'npm start', '/dev/null']
  const { npm, output, endsInOrder } = await startWithNpm(t, command)
  await eventually(() => assert.match(output(), /^  Docs  http:.*\s+.*\s+Try   curl .*-X POST http/m))
  t.pass('people are told what to do first')
  npm.stdin?.write('\x03')
  await endsInOrder(t)
})

t.test('SIGTERM to npm while the setup still waits for the engine', async (t) => {
  const folder = makeFolder('silent')
  const silent = createServer().listen(join(folder, 'engine.sock'))
  t.teardown(() => {
    silent.close()
    rmSync(folder, { recursive: true })
  })
  const { npm, nobodyIsLeft } = launch(t, ['npm', 'start'], {
    BERTH_DATA_DIR: folder,
    DOCKER_HOST: `unix://${join(folder, 'engine.sock')}`
  })
  const [asked] = await once(silent, 'connection')
  npm.kill('SIGTERM')
  await nobodyIsLeft()
  asked.destroy()
})

async function startWithNpm(t: Test, command = ['npm', 'start']) {
  const port = freePort()
  const dataDir = makeFolder('npm')
  t.teardown(() => rmSync(dataDir, { recursive: true }))
  const { npm, alive, output, nobodyIsLeft } = launch(t, command, {
    BERTH_PORT: String(port),
    BERTH_GRPC_PORT: 'off',
    BERTH_DATA_DIR: dataDir
  })
  const events = await eventually(async () => {
    if (npm.exitCode !== null) throw new Error(`npm start ended: ${output()}`)
    return fetch(`http://127.0.0.1:${port}/events`)
  }, 120_000)

  /** In order: streams get their end, and the database is closed. */
  async function endsInOrder(t: Test): Promise<void> {
    t.match(await events.text(), /^event: end$/m, 'a stream gets its end')
    await nobodyIsLeft()
    await t.rejects(fetch(`http://127.0.0.1:${port}/health`), 'its port is free')
    t.notOk(existsSync(join(dataDir, 'berth.db-wal')), 'its database is closed')
  }
  return { npm, alive, output, endsInOrder }
}

/** With settings that no other process has, which identify all its children. */
function launch(t: Test, [program = '', ...args]: string[], settings: { BERTH_DATA_DIR: string } & Settings) {
  const { NODE_OPTIONS: _loaderOfTap, ...env } = process.env
  const npm = spawn(program, args, { cwd: PROJECT, detached: true, env: { ...env, ...settings } })
  let output = ''
  for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (piece) => (output += String(piece)))

  const alive = () => processesWith(`BERTH_DATA_DIR=${settings.BERTH_DATA_DIR}`)
  t.teardown(() => {
    for (const pid of alive()) process.kill(pid, 'SIGKILL')
  })
  return {
    npm,
    alive,
    output: () => output,
    nobodyIsLeft: () =>
      eventually(() => {
        if (alive().length > 0)
          throw new Error(
            `left behind: ${alive()
              .map((pid) => read(pid, 'cmdline'))
              .join(', ')}`
          )
      })
  }
}

type Settings = Record<string, string>

/** A zombie process has no environment. */
function processesWith(setting: string): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger)
  return pids.filter((pid) => read(pid, 'environ').split('\0').includes(setting))
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(read(pid, 'status'))?.[1])
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').replaceAll(/\0$/g, '')
  } catch {
    return ''
  }
}
