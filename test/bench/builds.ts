// Builds of the same kind of context through Berth, through the raw Engine API and with `docker build`, in turns; the memory
// of a large context; and the list of a long queue.

import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Build, BuildDetails } from '../../src/builds/schemas.ts'
import { tarOf } from '../helpers/archives.ts'
import { IMAGE } from '../helpers/engine.ts'
import { buildForm, FORM_TYPE } from '../helpers/form.ts'
import { API, ask, ENGINE, inTurns, median, ms, must, timed, type Row, type Target } from './harness.ts'

const ROUNDS = 15
const FILES = 20
const FILE_BYTES = 100_000
const LARGE_BYTES = 100_000_000
const QUEUED = 1_000
const READS = 50
const MEGABYTE = 1024 ** 2
const NAME = `berth-test/bench-${process.pid}`
// The second is Debian's, which works without buildx.
const CLIENTS = ['docker', '/usr/bin/docker']

const run = promisify(execFile)
type Files = Record<string, Buffer>
type Context = { tar: Buffer; folder: string }
type Way = (context: Context) => Promise<void>
type Berth = { target: Target; pid: number }

export async function benchBuilds(berth: Berth): Promise<Row[]> {
  try {
    return [...(await benchOneBuild(berth)), await benchLargeContext(berth), await benchQueue(berth)]
  } finally {
    await removeImage()
  }
}

/** Measures a build with content that no cache has. */
async function timedBuild(way: Way): Promise<number> {
  const dockerfile = Buffer.from(`FROM ${IMAGE}\nCOPY . /app\nRUN cat /app/* | sha256sum > /sum\n`)
  const content = Array.from({ length: FILES }, (_, index) => [`file-${index}`, randomBytes(FILE_BYTES)] as const)
  const files = Object.fromEntries([['Dockerfile', dockerfile], ...content])
  const folder = mkdtempSync(join(tmpdir(), 'berth-bench-'))
  try {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes)
    const tar = await pack(files)
    return await timed(() => way({ tar, folder }))
  } finally {
    rmSync(folder, { recursive: true })
    await removeImage()
  }
}

async function benchOneBuild({ target }: Berth): Promise<Row[]> {
  const client = await findClient()
  const ways: Record<string, Way> = {
    berth: ({ tar }) => throughBerth({ target }, tar, 'buildkit'),
    engine: ({ tar }) => throughEngine(tar),
    ...(client && {
      tar: ({ tar }) => throughClient(client, '-', tar),
      folder: ({ folder }) => throughClient(client, folder)
    })
  }
  const times = await inTurns(ways, ROUNDS, timedBuild)
  const ours = median(times.berth ?? [])
  const row = (what: string, name: string, way: string, most?: number): Row => {
    const theirs = median(times[name] ?? [])
    const isThere = !Number.isNaN(theirs)
    return {
      what,
      ours: ms(ours),
      beside: isThere ? `${way} ${ms(theirs)}` : `no ${way} with BuildKit here`,
      ratio: isThere ? (ours / theirs).toFixed(3) : '',
      aim: most === undefined ? '' : `<= ${most}`,
      met: most === undefined || !isThere ? null : ours / theirs <= most
    }
  }
  return [
    row('a build of a tar, to its end', 'tar', 'docker build -', 1.05),
    row('a build of the same as a folder', 'folder', 'docker build', 1.05),
    row('a build, raw Engine API', 'engine', 'raw')
  ]
}

async function benchLargeContext(berth: Berth): Promise<Row> {
  const small = await pack({ Dockerfile: Buffer.from('FROM scratch\nCOPY . /\n'), content: randomBytes(1_000) })
  const large = await pack({ Dockerfile: Buffer.from('FROM scratch\nCOPY . /\n'), content: randomBytes(LARGE_BYTES) })
  // The memory that the very first build leaves is not part of the cost of one. The classic builder keeps no copy.
  await throughBerth(berth, small, 'classic')
  const before = memory(berth.pid, 'VmRSS')
  // From here on, the peak.
  writeFileSync(`/proc/${berth.pid}/clear_refs`, '5')
  const time = await timed(() => throughBerth(berth, large, 'classic'))
  const more = (memory(berth.pid, 'VmHWM') - before) / MEGABYTE
  return {
    what: `a context of ${LARGE_BYTES / 1e6} MB`,
    ours: `${more.toFixed(0)} MB more memory`,
    beside: `built in ${ms(time)}`,
    ratio: '',
    aim: '<= 60 MB',
    met: more <= 60
  }
}

/** Every worker is kept busy, so that the queue does not change during the measurement. */
async function benchQueue({ target }: Berth): Promise<Row> {
  const busy = await Promise.all(
    ['one', 'two'].map((word) =>
      submit(target, `FROM ${IMAGE}\nRUN echo ${word} ${process.pid} && sleep 300\n`, 'classic')
    )
  )
  for (const { id } of busy) await until(target, id, 'in_progress')
  for (let count = 0; count < QUEUED; count++) await submit(target, `FROM scratch\nLABEL number=${count}\n`, 'classic')
  let bytes = 0
  const times: number[] = []
  for (let read = 0; read < READS; read++) {
    times.push(
      await timed(async () => {
        bytes = (await must(target, 'GET', `/builds?status=pending&limit=${QUEUED}`)).length
      })
    )
    await delay(20)
  }
  const listed = JSON.parse(await must(target, 'GET', `/builds?status=pending&limit=${QUEUED}`)) as Build[]
  if (listed.length !== QUEUED) throw new Error(`${listed.length} builds are queued instead of ${QUEUED}`)
  return {
    what: `GET /builds with ${QUEUED} queued`,
    ours: ms(median(times)),
    beside: `first ${ms(times[0] ?? Number.NaN)}`,
    ratio: `${(bytes / MEGABYTE).toFixed(1)} MB`,
    aim: '< 10 ms',
    met: median(times) < 10
  }
}

const pack = (files: Files) => tarOf(...Object.entries(files).map(([name, content]) => ({ name, content })))

async function submit(target: Target, file: string | Buffer, builder: string): Promise<BuildDetails> {
  const form = buildForm(file, { image_name: NAME, builder })
  const { status, text } = await ask(target, 'POST', '/builds', form, FORM_TYPE)
  if (status !== 202) throw new Error(`the build was answered with ${status}: ${text}`)
  return JSON.parse(text) as BuildDetails
}

async function throughBerth({ target }: Pick<Berth, 'target'>, context: Buffer, builder: string) {
  const { id } = await submit(target, context, builder)
  // Ends with the build.
  await must(target, 'GET', `/builds/${id}/logs?follow=true`)
  const build = JSON.parse(await must(target, 'GET', `/builds/${id}`)) as BuildDetails
  if (build.status !== 'completed') throw new Error(`build ${id} is ${build.status}: ${build.build.reason}`)
}

async function throughEngine(context: Buffer): Promise<void> {
  const said = await must(ENGINE, 'POST', `${API}/build?version=2&rm=1&forcerm=1&t=${NAME}`, context)
  if (!said.includes('moby.image.id')) throw new Error(`the engine did not build: ${said.slice(-500)}`)
}

/** A folder, or `-` and a tar. */
async function throughClient(client: string, context: string, tar?: Buffer): Promise<void> {
  const env = { ...process.env, DOCKER_BUILDKIT: '1' }
  const building = run(client, ['build', '--tag', NAME, context], { env })
  building.child.stdin?.end(tar)
  await building
}

/** Newer clients leave BuildKit to buildx, which may be missing. */
async function findClient(): Promise<string | undefined> {
  for (const client of CLIENTS) {
    try {
      await timedBuild(({ folder }) => throughClient(client, folder))
      return client
    } catch {
      // The next one may.
    }
  }
  return undefined
}

async function until(target: Target, id: string, status: string): Promise<void> {
  while ((JSON.parse(await must(target, 'GET', `/builds/${id}`)) as Build).status !== status) await delay(20)
}

async function removeImage(): Promise<void> {
  const found = JSON.parse(
    await must(ENGINE, 'GET', `${API}/images/json?filters=${encodeURIComponent(`{"reference":["${NAME}"]}`)}`)
  ) as unknown[]
  if (found.length > 0) await must(ENGINE, 'DELETE', `${API}/images/${NAME}?force=1`)
}

/** In bytes. */
function memory(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes] = new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) * 1024
}
