// Direct access to the engine, to check its real state and to make changes behind the server's back.

import { createServer } from 'node:net'
import http from 'node:http'
import { setTimeout } from 'node:timers/promises'
import Docker from 'dockerode'
import type { Test } from 'tap'
import { isAlive } from './process.ts'

export const SOCKET = /^unix:\/\/(.+)$/.exec(process.env.DOCKER_HOST ?? '')?.[1] ?? '/var/run/docker.sock'
export const docker = connect(SOCKET)

/** Created by images.ts. */
export const IMAGE = 'berth-test/busybox:1'

/** Marks all resources of one server of a test, so that they can be counted and removed. */
export const TEST_LABEL = 'berth.test'

export function connect(socketPath: string): Docker {
  return new Docker({ socketPath })
}

/** The containers of a test's server, from the engine itself. */
export async function listOf(mark: string, engine = docker) {
  return engine.listContainers({ all: true, filters: JSON.stringify({ label: [`${TEST_LABEL}=${mark}`] }) })
}

/** Removes marked resources: containers with their anonymous volumes, then images kept of them. */
export async function removeAllOf(mark: string, engine = docker): Promise<void> {
  const filters = JSON.stringify({ label: [`${TEST_LABEL}=${mark}`] })
  await inBatches(await listOf(mark, engine), ({ Id }) =>
    ignoreMissing(engine.getContainer(Id).remove({ force: true, v: true }))
  )
  for (const { Id } of await engine.listImages({ all: true, filters }))
    await ignoreMissing(engine.getImage(Id).remove({ force: true }))
}

/** Removes leftovers of killed test runs. A mark begins with the PID of the test. */
export async function removeLeftOvers(engine = docker): Promise<void> {
  const filters = JSON.stringify({ label: [TEST_LABEL] })
  const left = [...(await engine.listContainers({ all: true, filters })), ...(await engine.listImages({ filters }))]
  const marks = left.map(({ Labels: labels }) => labels?.[TEST_LABEL] ?? '')
  for (const mark of new Set(marks)) if (!isAlive(Number.parseInt(mark, 10))) await removeAllOf(mark, engine)
}

/** A foreign container, removed at the end of the test. */
export async function runForeign(
  t: Test,
  { name, port, command = ['sleep', '3600'] }: { name?: string; port?: number; command?: string[] } = {}
): Promise<Docker.Container> {
  const container = await docker.createContainer({
    ...(name && { name }),
    Image: IMAGE,
    Cmd: command,
    ...(port && {
      ExposedPorts: { '5000/tcp': {} },
      HostConfig: { PortBindings: { '5000/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] } }
    })
  })
  t.teardown(() => ignoreMissing(container.remove({ force: true, v: true })))
  await container.start()
  return container
}

/** A plain process that listens on a port, like any program of the machine. */
export async function listenOn(t: Test, port: number, host = '127.0.0.1'): Promise<() => Promise<void>> {
  const close = await listen(port, host)
  t.teardown(close)
  return close
}

/** The same, until its caller ends it. */
export async function listen(port: number, host = '127.0.0.1'): Promise<() => Promise<void>> {
  const server = createServer((socket) => socket.end('not a container\n'))
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  return () => new Promise<void>((resolve) => void server.close(() => resolve()))
}

/** The answer of a workload on its port, or undefined. */
export function askPort(port: number, path = '/'): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = http.get({ host: '127.0.0.1', port, path, agent: false, timeout: 5_000 }, (answer) => {
      let text = ''
      answer
        .setEncoding('utf8')
        .on('data', (piece: string) => (text += piece))
        .on('end', () => resolve(text))
        .on('error', () => resolve(undefined))
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(undefined))
  })
}

/** The same, but it fails without an answer, so that `eventually` retries. */
export async function answerOf(port: number, path = '/'): Promise<string> {
  const text = await askPort(port, path)
  if (!text) throw new Error(`nobody answers on ${port}`)
  return text
}

/**
 * Retries until the answer is there, and fails with the last error. For work that the engine does in its own time, which is
 * long on a busy machine: the limit only ends the test, it measures nothing.
 */
export async function eventually<T>(ask: () => Promise<T> | T, limitMs = 60_000): Promise<T> {
  const end = performance.now() + limitMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (performance.now() > end) throw error
      await setTimeout(25)
    }
  }
}

/** The freezer of cgroup v1 may fail on a container that its CPU limit throttles. A retry succeeds. */
export async function pause(container: Docker.Container): Promise<void> {
  await eventually(() => container.pause())
}

export async function ignoreMissing(removal: Promise<unknown>): Promise<void> {
  await removal.catch((error: { statusCode?: number }) => {
    if (error.statusCode !== 404 && error.statusCode !== 409) throw error
  })
}

/** Limits concurrency, since the engine is slower with many concurrent calls than with a queue. */
export async function inBatches<T>(items: T[], task: (item: T) => Promise<unknown>, atOnce = 8): Promise<void> {
  const rest = [...items]
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = rest.shift(); item !== undefined; item = rest.shift()) await task(item)
    })
  )
}
