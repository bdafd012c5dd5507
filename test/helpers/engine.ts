// A line to the engine past the server: to see what is really there, and to do things behind the server's back.

import { createServer } from 'node:net'
import http from 'node:http'
import { setTimeout } from 'node:timers/promises'
import Docker from 'dockerode'
import type { Test } from 'tap'
import { isAlive } from './process.ts'

export const SOCKET = /^unix:\/\/(.+)$/.exec(process.env.DOCKER_HOST ?? '')?.[1] ?? '/var/run/docker.sock'
export const docker = connect(SOCKET)

/** Made by images.ts. */
export const IMAGE = 'berth-test/busybox:1'

/** Marks everything that one server of a test makes, so that it can be counted and removed. */
export const TEST_LABEL = 'berth.test'

export function connect(socketPath: string): Docker {
  return new Docker({ socketPath })
}

/** What the engine itself says is there for a server of a test. */
export async function listOf(mark: string, engine = docker) {
  return engine.listContainers({ all: true, filters: JSON.stringify({ label: [`${TEST_LABEL}=${mark}`] }) })
}

/** Removes what carries the mark: containers with their anonymous volumes, then images kept of them. */
export async function removeAllOf(mark: string, engine = docker): Promise<void> {
  const filters = JSON.stringify({ label: [`${TEST_LABEL}=${mark}`] })
  await inBatches(await listOf(mark, engine), ({ Id }) =>
    ignoreMissing(engine.getContainer(Id).remove({ force: true, v: true }))
  )
  for (const { Id } of await engine.listImages({ all: true, filters }))
    await ignoreMissing(engine.getImage(Id).remove({ force: true }))
}

/** What test runs left that were killed themselves. A mark begins with the number of the process that tests. */
export async function removeLeftOvers(engine = docker): Promise<void> {
  const filters = JSON.stringify({ label: [TEST_LABEL] })
  const left = [...(await engine.listContainers({ all: true, filters })), ...(await engine.listImages({ filters }))]
  const marks = left.map(({ Labels: labels }) => labels?.[TEST_LABEL] ?? '')
  for (const mark of new Set(marks)) if (!isAlive(Number.parseInt(mark, 10))) await removeAllOf(mark, engine)
}

/** A container that Berth did not make; it goes at the end of the test. */
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

/** A plain process listening on a port, as any program of the machine may. */
export async function listenOn(t: Test, port: number, host = '127.0.0.1'): Promise<() => Promise<void>> {
  const close = await listen(port, host)
  t.teardown(close)
  return close
}

/** The same, for as long as its caller says. */
export async function listen(port: number, host = '127.0.0.1'): Promise<() => Promise<void>> {
  const server = createServer((socket) => socket.end('not a container\n'))
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  return () => new Promise<void>((resolve) => void server.close(() => resolve()))
}

/** What a workload answers on its port; undefined when nobody does. */
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

/** The same of one who is to answer. It fails while nobody does, so that `eventually` asks again. */
export async function answerOf(port: number, path = '/'): Promise<string> {
  const text = await askPort(port, path)
  if (!text) throw new Error(`nobody answers on ${port}`)
  return text
}

/**
 * Asks again until the answer is there; fails with what was last found. For what the engine does in its own time, which is
 * long on a machine that has much to do: the limit is there to end, not to measure.
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

/** The freezer of cgroup v1 may fail on a container that its CPU limit holds back just then; asked again, it does not. */
export async function pause(container: Docker.Container): Promise<void> {
  await eventually(() => container.pause())
}

export async function ignoreMissing(removal: Promise<unknown>): Promise<void> {
  await removal.catch((error: { statusCode?: number }) => {
    if (error.statusCode !== 404 && error.statusCode !== 409) throw error
  })
}

/** Not all at once: the engine answers a crowd more slowly than a queue. */
export async function inBatches<T>(items: T[], task: (item: T) => Promise<unknown>, atOnce = 8): Promise<void> {
  const rest = [...items]
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = rest.shift(); item !== undefined; item = rest.shift()) await task(item)
    })
  )
}
