// The image that the tests run: busybox with all its programs, created on the spot, since a fresh machine has no images.

import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFileSync, createReadStream, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import type Docker from 'dockerode'
import { installFor } from './debian.ts'
import { docker, IMAGE, ignoreMissing, TEST_LABEL } from './engine.ts'
import { makeFolder } from './folder.ts'

const BUSYBOX = '/bin/busybox'

/** Creates the image if it is missing. Test files may do so concurrently. */
export async function prepareImage(engine: Docker = docker): Promise<void> {
  if (await exists(engine)) return
  const folder = makeFolder('image')
  try {
    const answer = await engine.importImage(createReadStream(pack(folder)))
    const { status: id } = (await json(answer)) as { status: string }
    const [repo = '', tag = ''] = IMAGE.split(':')
    const image = engine.getImage(id)
    if (await exists(engine)) return await ignoreMissing(image.remove())
    try {
      await image.tag({ repo, tag })
    } catch (error) {
      // The containerd store refuses one of two concurrent tags with the same name.
      if (!(await exists(engine))) throw error
      await ignoreMissing(image.remove())
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A small image with random content, so that no registry has its layer. It is removed with marked resources. */
export async function makeImage(name: string, mark: string, bytes = 1_000): Promise<string> {
  const id = await importContent(docker, `${TEST_LABEL}=${mark}`, bytes)
  const colon = name.lastIndexOf(':')
  await docker.getImage(id).tag({ repo: name.slice(0, colon), tag: name.slice(colon + 1) })
  return id
}

/** An image without a name. */
export async function importContent(engine: Docker, label: string, bytes = 1_000): Promise<string> {
  const folder = makeFolder('image')
  try {
    mkdirSync(join(folder, 'root'))
    writeFileSync(join(folder, 'root/content'), randomBytes(bytes))
    execFileSync('tar', ['-C', join(folder, 'root'), '-cf', join(folder, 'image.tar'), '.'])
    const answer = await engine.importImage(createReadStream(join(folder, 'image.tar')), {
      changes: [`LABEL ${label}`, 'CMD ["/content"]']
    })
    return ((await json(answer)) as { status: string }).status
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function exists(engine: Docker): Promise<boolean> {
  const tagged = await engine.listImages({ filters: JSON.stringify({ reference: [IMAGE] }) })
  return tagged.length > 0
}

/** The image's filesystem as a tar file. */
function pack(folder: string): string {
  if (!existsSync(BUSYBOX)) installFor('busybox')
  const root = join(folder, 'root')
  for (const name of ['bin', 'tmp', 'etc']) mkdirSync(join(root, name), { recursive: true })
  copyFileSync(BUSYBOX, join(root, BUSYBOX))
  const programs = execFileSync(BUSYBOX, ['--list'], { encoding: 'utf8' }).split('\n')
  for (const name of programs) if (name !== '' && name !== 'busybox') symlinkSync('busybox', join(root, 'bin', name))
  execFileSync('tar', ['-C', root, '--owner=0', '--group=0', '-cf', join(folder, 'image.tar'), '.'])
  return join(folder, 'image.tar')
}
