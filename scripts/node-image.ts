// The base image of Dockerfile.base and Dockerfile.orchestration: the official one, or without a reachable registry one made
// from this machine's own Node.
import type Docker from 'dockerode'
import { existsSync } from 'node:fs'
import { find, readToEnd } from './images.ts'
import { importImage } from './import-image.ts'
import { run } from './run.ts'
import { say, SetupError } from './say.ts'
import { step } from './step.mjs'

export const LOCAL_NODE_IMAGE = 'berth/node:24-local'
const OFFICIAL_NODE_IMAGE = 'node:24-alpine'
const NODE_VERSION_LABEL = 'io.berth.node'
/** The time that the engine may be silent during a pull. */
const PULL_IDLE_MS = 20_000

/** Returns the image to build on, which then exists. */
export async function ensureNodeImage(docker: Docker, wanted = OFFICIAL_NODE_IMAGE): Promise<string> {
  if (wanted !== LOCAL_NODE_IMAGE) {
    if (await find(docker, wanted)) return wanted

    const failure = await step(`pulling ${wanted}`, (at) => pull(docker, wanted, at))
    if (!failure) return wanted
    say(`that failed (${failure})`)
  }
  await ensureLocalNodeImage(docker)
  return LOCAL_NODE_IMAGE
}

export async function ensureLocalNodeImage(docker: Docker): Promise<void> {
  const found = await find(docker, LOCAL_NODE_IMAGE)
  if (found?.labels[NODE_VERSION_LABEL] === process.version) return
  if (process.platform !== 'linux') {
    throw new SetupError(
      `No Node image: let the engine reach a registry, or give it ${OFFICIAL_NODE_IMAGE} by \`docker load\`.`
    )
  }

  if (!existsSync('/bin/busybox') && existsSync('/usr/bin/apt-get') && process.getuid?.() === 0) {
    await step('installing busybox-static, for a shell in the image (apt-get install)', () =>
      run('apt-get', ['-q', 'install', '-y', '--no-install-recommends', 'busybox-static'])
    )
  }
  const shell = existsSync('/bin/busybox') ? ['/bin/busybox'] : []
  await step(`making ${LOCAL_NODE_IMAGE} from this machine's Node ${process.version}`, () =>
    importImage(docker, LOCAL_NODE_IMAGE, {
      programs: { '/usr/local/bin/node': process.execPath, ...Object.fromEntries(shell.map((path) => [path, path])) },
      changes: ['CMD ["node"]', `LABEL ${NODE_VERSION_LABEL}=${process.version}`]
    })
  )
}

/** Returns the reason of a failure. A pull may take long as long as it makes progress. */
async function pull(docker: Docker, image: string, at: (detail: string) => void): Promise<string | undefined> {
  const idle = new AbortController()
  const timer = setTimeout(() => idle.abort(), PULL_IDLE_MS)
  try {
    const answer = await docker.pull(image, { abortSignal: idle.signal })
    await readToEnd(answer, `pull ${image}`, ({ id, status }) => {
      timer.refresh()
      at([status, id].join(' '))
    })
    return undefined
  } catch (error) {
    if (idle.signal.aborted) return `nothing happened for ${PULL_IDLE_MS / 1000} seconds`
    return reasonOf(error)
  } finally {
    clearTimeout(timer)
  }
}

/** The engine's own message, without the prefix of docker-modem. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.replace(/^\(HTTP code \d+\) .*? - /, '').trim()
}
