// The machine's own figures, compared with the kernel's. The worker is the real one.

import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync } from 'node:fs'
import { cpus, totalmem, uptime } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createHost, type HostSample } from '../../../src/system/host.ts'
import { until } from '../../helpers/until.ts'

/** One host for all: a sample takes two seconds. */
function open() {
  const warnings: object[] = []
  const host = createHost({ log: { warn: (fields) => void warnings.push(fields) } })
  t.teardown(() => host.stop())
  const next = () =>
    new Promise<HostSample>((resolve) => {
      const forget = host.onSample((sample) => {
        forget()
        resolve(sample)
      })
    })
  return { host, warnings, next }
}

const { host, warnings, next } = open()

function memoryInfo(name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024
}

/** The figures of df for a disk: its size, the used part, and the part left to users other than root. */
function diskFree(mount: string): number[] {
  const [, row = ''] = execFileSync('df', ['-kP', mount], { encoding: 'utf8' }).split('\n')
  return row
    .split(/\s+/)
    .slice(1, 4)
    .map((kilobytes) => Number(kilobytes) * 1024)
}

function isNear(found: number, expected: number, share: number): boolean {
  return Math.abs(found - expected) <= expected * share
}

/** Keeps one core busy, in pieces, so that this thread still gets the answer. */
async function busyUntil<T>(answer: Promise<T>): Promise<T> {
  let isDone = false
  void answer.finally(() => (isDone = true))
  while (!isDone) {
    const end = performance.now() + 50
    while (performance.now() < end);
    await new Promise((resolve) => setImmediate(resolve))
  }
  return answer
}

t.test('the first sample matches the kernel', async (t) => {
  const sample = await host.latest()
  t.ok(Math.abs(Date.now() - sample.sampledAt) < 5_000)
  t.equal(sample.corePercents.length, cpus().length)
  t.ok([sample.cpuPercent, ...sample.corePercents].every((percent) => percent >= 0 && percent <= 100))

  const { memory } = sample
  t.equal(memory.totalBytes, totalmem())
  t.equal(memory.usedBytes, memory.totalBytes - memory.availableBytes)
  t.equal(memory.swapTotalBytes, memoryInfo('SwapTotal'))

  t.equal(sample.disks.find(({ mount }) => mount === '/')?.sizeBytes, diskFree('/')[0])
  t.ok(Math.abs(sample.uptimeSeconds - uptime()) < 5)
  t.same(warnings, [])
})

t.test('available memory and disk match the kernel and df', async (t) => {
  // Other processes fill and empty them meanwhile, so it may take more than one try.
  await until(async () => {
    const { memory, disks } = await next()
    const disk = disks.find(({ mount }) => mount === '/')
    const [, used = 0, available = 0] = diskFree('/')
    return (
      isNear(memory.availableBytes, memoryInfo('MemAvailable'), 0.1) &&
      disk !== undefined &&
      isNear(disk.usedBytes, used, 0.01) &&
      isNear(disk.availableBytes, available, 0.01)
    )
  })
  t.pass('they agree')
})

t.test(
  'the next one covers the time in between: CPU, and traffic of each interface except those of containers',
  async (t) => {
    const first = await host.latest()
    const second = await busyUntil(next())
    t.ok(second.cpuPercent > 70 / cpus().length, `${second.cpuPercent} % with one of ${cpus().length} cores busy`)

    const kernel = readFileSync('/proc/net/dev', 'utf8')
    const seconds = (second.sampledAt - first.sampledAt) / 1000
    const names = second.networks.map(({ name }) => name)
    t.notMatch(names.join(' '), /veth/)
    t.equal(new Set(names).size, names.length)
    for (const { name, rxBytes, txBytes, rxPerSecond, txPerSecond } of second.networks) {
      const fields = new RegExp(`\\b${name}:\\s*(.+)`).exec(kernel)?.[1]?.split(/\s+/).map(Number) ?? []
      t.ok(rxBytes <= (fields[0] ?? 0) && txBytes <= (fields[8] ?? 0), `${name} is not ahead of the kernel`)
      const before = first.networks.find((network) => network.name === name)
      if (!before) continue
      t.ok(isNear(rxPerSecond * seconds, rxBytes - before.rxBytes, 0.1), `received by ${name}`)
      t.ok(isNear(txPerSecond * seconds, txBytes - before.txBytes, 0.1), `sent by ${name}`)
    }
  }
)

t.test('measuring does not block the server', async (t) => {
  // A program that it starts and waits for is slow.
  const programs = t.testdir({ cat: '#!/bin/sh\nmkdir "$0.first" 2>/dev/null && sleep 3\nexec /bin/cat "$@"\n' })
  chmodSync(join(programs, 'cat'), 0o755)
  const path = process.env.PATH
  process.env.PATH = `${programs}:${path}`
  t.teardown(() => (process.env.PATH = path))
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  await sleep(50)
  const started = performance.now()
  await open().host.latest()
  const took = performance.now() - started
  await sleep(50)
  delay.disable()
  t.ok(took > 3_000, `it waited: ${took} ms`)
  t.ok(delay.max / 1e6 < 2_000, `the event loop was late by ${delay.max / 1e6} ms`)
})

t.test('all readers share one measurement', async (t) => {
  const fresh = await next()
  const found = await Promise.all(Array.from({ length: 50 }, () => host.latest()))
  t.ok(found.every((sample) => sample === fresh))
})

t.test('after a stop a fresh sample needs no new worker, and a stale one starts it again', async (t) => {
  const fresh = await host.latest()
  await host.stop()
  t.equal(await host.latest(), fresh)
  t.not(await next(), fresh)
  await host.stop()
})
