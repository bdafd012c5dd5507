// The machine's own figures, against what the kernel says. The worker is the real one.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, totalmem, uptime } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import t from 'tap'
import { createHost, type HostSample } from '../../../src/system/host.ts'

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

const LOOK_MS = 10

function memoryInfo(name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024
}

/** What df says of a disk: its size, what is used, and what is left for others than root. */
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

/** Holds one core busy, in pieces, so that this thread still hears of the answer. */
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

t.test('the first sample is what the kernel says now', async (t) => {
  const sample = await host.latest()
  t.ok(Math.abs(Date.now() - sample.sampledAt) < 1_000)
  t.equal(sample.corePercents.length, cpus().length)
  t.ok([sample.cpuPercent, ...sample.corePercents].every((percent) => percent >= 0 && percent <= 100))

  const { memory } = sample
  t.equal(memory.totalBytes, totalmem())
  t.equal(memory.usedBytes, memory.totalBytes - memory.availableBytes)
  t.ok(isNear(memory.availableBytes, memoryInfo('MemAvailable'), 0.1), 'what can be had')
  t.equal(memory.swapTotalBytes, memoryInfo('SwapTotal'))

  const disk = sample.disks.find(({ mount }) => mount === '/')
  const [size = 0, used = 0, available = 0] = diskFree('/')
  t.equal(disk?.sizeBytes, size)
  t.ok(disk && isNear(disk.usedBytes, used, 0.01), `${disk?.usedBytes} used, df says ${used}`)
  t.ok(disk && isNear(disk.availableBytes, available, 0.01), `${disk?.availableBytes} left, df says ${available}`)
  t.ok(Math.abs(sample.uptimeSeconds - uptime()) < 5)
  t.same(warnings, [])
})

t.test(
  'the next says what happened in between: CPU, and traffic of each interface without those of containers',
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

t.test('measuring does not hold up the server', async (t) => {
  const delay = monitorEventLoopDelay({ resolution: LOOK_MS })
  delay.enable()
  await next()
  delay.disable()
  const late = delay.percentile(99) / 1e6 - LOOK_MS
  t.ok(late < 60, `the event loop was late by ${late} ms`)
})

t.test('all readers share one measurement', async (t) => {
  const fresh = await next()
  const found = await Promise.all(Array.from({ length: 50 }, () => host.latest()))
  t.ok(found.every((sample) => sample === fresh))
})

t.test('when it was stopped, what is fresh needs no new worker, and then it starts again', async (t) => {
  const fresh = await host.latest()
  await host.stop()
  t.equal(await host.latest(), fresh)
  t.not(await next(), fresh)
  await host.stop()
})
