import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type Docker from 'dockerode'
import { readToEnd } from './images.ts'

const SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'
/** Loaded by name at run time, so `ldd` does not show them. Newer C libraries have them built in. */
const NAME_SERVICE_LIBRARIES = ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2']

const FILES = {
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n',
  '/etc/group': 'root:x:0:\nnode:x:1000:\n',
  '/etc/nsswitch.conf': 'hosts: files dns\n'
}

export type ImageContent = {
  /** Path in the image, and the program of this machine to copy there with its libraries. */
  programs: Record<string, string>
  files?: Record<string, string>
  /** Paths below a folder of this machine, and the target folder in the image. */
  tree?: { from: string; paths: string[]; to: string }
  /** As Dockerfile instructions. */
  changes: string[]
}

/** Creates an image from programs of this machine, without a registry and without a base image. */
export async function importImage(docker: Docker, image: string, content: ImageContent): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'berth-image-'))
  try {
    layOut(root, content)
    const tar = spawn('tar', ['-cf', '-', '--owner=0', '--group=0', '-C', root, '.', ...treeOf(content)], {
      stdio: ['ignore', 'pipe', 'ignore']
    })
    const changes = [`ENV PATH=${SEARCH_PATH}`, ...content.changes]
    await readToEnd(await docker.importImage(tar.stdout, { repo: image, changes }), `make ${image}`)
  } finally {
    rmSync(root, { recursive: true })
  }
}

/** Packs the tree without a copy. The transformation skips the other names, which begin with a dot. */
function treeOf({ tree }: ImageContent): string[] {
  return tree ? ['-C', tree.from, `--transform=s,^\\([^.]\\),${tree.to}/\\1,SH`, ...tree.paths] : []
}

function layOut(root: string, { programs, files }: ImageContent): void {
  for (const folder of ['/tmp', '/home/node']) {
    mkdirSync(join(root, folder), { recursive: true })
    chmodSync(join(root, folder), 0o1777)
  }
  for (const [path, text] of Object.entries({ ...FILES, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  if (existsSync(CERTIFICATES)) copy(CERTIFICATES, join(root, CERTIFICATES))

  for (const [path, program] of Object.entries(programs)) {
    copy(program, join(root, path))
    for (const library of librariesOf(program)) copy(library, join(root, library))
  }
  if (programs['/bin/busybox']) linkApplets(root, '/bin/busybox')
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(realpathSync(from), to)
}

function librariesOf(program: string): string[] {
  const needed = ldd(program).flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? [])
  const libc = needed.find((path) => path.endsWith('/libc.so.6'))
  const nameService = libc ? NAME_SERVICE_LIBRARIES.map((name) => join(dirname(libc), name)).filter(existsSync) : []
  return [...needed, ...nameService]
}

/** A static program makes ldd fail: it needs no libraries. */
function ldd(program: string): string[] {
  try {
    return execFileSync('ldd', [program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')
  } catch {
    return []
  }
}

function linkApplets(root: string, busybox: string): void {
  const applets = execFileSync(busybox, ['--list-full'], { encoding: 'utf8' }).trim().split('\n')
  for (const applet of applets) {
    const link = join(root, applet)
    if (existsSync(link)) continue
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(busybox, link)
  }
}
