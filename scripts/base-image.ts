import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type Docker from 'dockerode'
import { labelsOf, readToEnd } from './images.ts'
import { ensureNodeImage } from './node-image.ts'
import { say, SetupError } from './say.ts'

const IMAGE = 'base-api-server:latest'
const DOCKERFILE = 'Dockerfile.base'
const FOLDER = 'images/base-api-server'
/** Set by Dockerfile.base; says which sources the image was built from. */
const SOURCES_LABEL = 'io.berth.sources'

/** Builds the default workload's image when there is none, or when its sources have changed since. */
export async function ensureBaseImage(docker: Docker, nodeImage: string | undefined): Promise<void> {
  const sources = hashOfSources()
  const labels = await labelsOf(docker, IMAGE)
  if (labels?.[SOURCES_LABEL] === sources) return
  if (labels && !(SOURCES_LABEL in labels)) return say(`${IMAGE} is not Berth's own: it is left as it is`)

  const node = await ensureNodeImage(docker, nodeImage)
  say(`building ${IMAGE} on ${node}`)
  await build(docker, { NODE_IMAGE: node, SOURCES: sources })
}

async function build(docker: Docker, buildargs: Record<string, string>): Promise<void> {
  const tar = spawn('tar', ['-cf', '-', DOCKERFILE, FOLDER], { stdio: ['ignore', 'pipe', 'pipe'] })
  const complaints = text(tar.stderr)
  const stream = await docker.buildImage(tar.stdout, {
    t: IMAGE,
    dockerfile: DOCKERFILE,
    buildargs,
    rm: true,
    forcerm: true
  })

  const output: string[] = []
  try {
    await readToEnd(stream, `build ${IMAGE}`, ({ stream: line }) => output.push(line ?? ''))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const lines = `${output.join('')}${await complaints}${reason}`.split('\n')
    throw new SetupError(`${IMAGE} could not be built:\n${lines.slice(-15).join('\n')}`)
  }
}

function hashOfSources(): string {
  const hash = createHash('sha256')
  for (const path of [DOCKERFILE, ...filesBelow(FOLDER)]) {
    hash.update(`${path}\0`).update(readFileSync(path)).update('\0')
  }
  return hash.digest('hex')
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.name !== 'node_modules')
  return entries
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : join(folder, entry.name)))
    .toSorted()
}
