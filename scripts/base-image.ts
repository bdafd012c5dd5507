import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type Docker from 'dockerode'
import { find, readToEnd, type FoundImage } from './images.ts'
import { ensureNodeImage } from './node-image.ts'
import { say, SetupError } from './say.ts'
import { step } from './step.mjs'

const IMAGE = 'base-api-server:latest'
/** A second name of locally built images: an image based on ours inherits its labels, but not this name. */
const OUR_NAME = { repo: 'berth/base-api-server', tag: 'setup' }
const DOCKERFILE = 'Dockerfile.base'
const FOLDER = 'images/base-api-server'
/** Dockerfile.base sets it to a build argument that describes the sources; here that is a hash. */
const SOURCES_LABEL = 'io.berth.sources'
const HASH = /^[0-9a-f]{64}$/

/** Builds the default workload's image if it is missing, or if it was built here and its sources have changed. */
export async function ensureBaseImage(docker: Docker, nodeImage: string | undefined): Promise<void> {
  const found = await find(docker, IMAGE)
  const sources = hashOfSources()
  if (found && !(await wasBuiltHere(docker, found))) {
    return say(
      `${IMAGE} was not built by this script and is left as it is; to have it built: docker rmi ${IMAGE}, and start again`
    )
  }
  if (found?.labels[SOURCES_LABEL] === sources) return

  const node = await ensureNodeImage(docker, nodeImage)
  await step(`building ${IMAGE} on ${node}`, (at) => build(docker, { NODE_IMAGE: node, SOURCES: sources }, at))
  await docker.getImage(IMAGE).tag(OUR_NAME)
}

/** An image from before that name is recognized by its label alone. */
async function wasBuiltHere(docker: Docker, { id, labels }: FoundImage): Promise<boolean> {
  const ours = await find(docker, `${OUR_NAME.repo}:${OUR_NAME.tag}`)
  return HASH.test(labels[SOURCES_LABEL] ?? '') && (ours === undefined || ours.id === id)
}

async function build(docker: Docker, buildargs: Record<string, string>, at: (detail: string) => void): Promise<void> {
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
    await readToEnd(stream, `build ${IMAGE}`, ({ stream }) => {
      const line = stream ?? ''
      output.push(line)
      if (line.startsWith('Step ')) at(line.trim())
    })
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
