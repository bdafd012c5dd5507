// Two servers on one engine, the first behind a hostile proxy and on a disk that can be filled.

import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { connect, SOCKET } from '../engine.ts'
import { startFaultProxy } from '../fault-proxy.ts'
import { makeFolder } from '../folder.ts'
import { noPrivateEngine, startPrivateEngine } from '../private-engine.ts'
import { startServer, type Range } from '../server.ts'
import { TROUBLES, type Trouble } from './plan.ts'

const DISK_BYTES = 96 * 1024 ** 2
/** Longer than the engine takes on a busy machine, so that every answer without a fault is certain. */
const ENGINE_TIMEOUT_SECONDS = 45

export type World = Awaited<ReturnType<typeof makeWorld>>

export async function makeWorld(t: Test, ports: Range) {
  const own = noPrivateEngine || process.env.BERTH_TEST_SHARED_ENGINE ? undefined : await startPrivateEngine(t)
  const socket = own?.socket ?? SOCKET
  const engine = own?.engine ?? connect(socket)
  const proxy = await startFaultProxy(t, socket)
  const disk = makeDisk(t)
  const env = { BERTH_ENGINE_TIMEOUT_SECONDS: String(ENGINE_TIMEOUT_SECONDS), BERTH_STATS_SOURCE: 'engine' }
  const first = await startServer(t, {
    ports,
    socket: proxy.socket,
    engine,
    env,
    ...(disk && { dataDir: disk.folder })
  })
  const second = await startServer(t, { ports, socket, engine, env })
  const possible: Trouble[] = TROUBLES.filter((trouble) => disk || trouble !== 'full disk')
  return { engine, proxy, disk, possible, servers: [first, second] as const, freezer: own ?? proxy }
}

/** A small separate disk, if one can be mounted. */
function makeDisk(t: Test) {
  const mount = makeFolder('disk')
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', mount]).status !== 0) return undefined
  t.teardown(() => spawnSync('umount', ['-l', mount]))
  const folder = join(mount, 'data')
  mkdirSync(folder)
  const filler = join(mount, 'filler')
  return {
    folder,
    fill(): void {
      const file = openSync(filler, 'w')
      const piece = Buffer.alloc(64 * 1024)
      try {
        for (;;) writeSync(file, piece)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      } finally {
        closeSync(file)
      }
    },
    free: () => rmSync(filler, { force: true })
  }
}
