// Archives as clients send them, and malicious ones.

import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pack as createPack, type Header } from 'tar-stream'
import { makeFolder } from './folder.ts'
import { python } from './python.ts'

export type TarEntry = Partial<Header> & { name: string; content?: string | Buffer }

/** Names, types and links are written unchecked. */
export async function tarOf(...entries: TarEntry[]): Promise<Buffer> {
  const pack = createPack()
  for (const { content = '', ...header } of entries) pack.entry(header, content)
  pack.finalize()
  return buffer(pack)
}

/** Corrects the checksum of the header at the offset, after a change of the header. */
export function sealHeader(tar: Buffer, at = 0): void {
  tar.write('        ', at + 148)
  const sum = tar.subarray(at, at + 512).reduce((total, byte) => total + byte, 0)
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148)
}

export type ZipEntry = {
  name: string
  content?: string | Buffer
  /** The mode with the type of the file, as in `ls -l`: 0o120777 is a link. */
  mode?: number
  isPacked?: boolean
}

/** Made by Python, whose zipfile writes any entry. */
export function zipOf(...entries: ZipEntry[]): Buffer {
  const folder = makeFolder('zip')
  try {
    const listed = entries.map(({ name, content = '', mode = 0o100644, isPacked = true }, index) => {
      writeFileSync(join(folder, String(index)), content)
      return { name, mode, isPacked }
    })
    execFileSync(python(), ['-c', WRITE_ZIP, folder], { input: JSON.stringify(listed) })
    return readFileSync(join(folder, 'made.zip'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const WRITE_ZIP = `
import json, sys, zipfile
folder = sys.argv[1]
with zipfile.ZipFile(folder + '/made.zip', 'w') as made:
  for index, entry in enumerate(json.load(sys.stdin)):
    info = zipfile.ZipInfo(entry['name'])
    info.create_system = 3
    info.external_attr = entry['mode'] << 16
    info.compress_type = zipfile.ZIP_DEFLATED if entry['isPacked'] else zipfile.ZIP_STORED
    made.writestr(info, open(folder + '/' + str(index), 'rb').read())
`
