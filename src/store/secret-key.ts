// The key that seals secrets in the store: a file in the data folder, so a copy of the database alone reveals nothing.

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { KEY_BYTES } from '../lib/seal.ts'
import { StoreError } from './store-error.ts'

/** Created at the first start, by a rename: a power failure leaves a whole key or none. */
export function readKey(dataDir: string): Uint8Array {
  const file = join(dataDir, 'secret.key')
  try {
    if (!existsSync(file)) {
      writeFileSync(`${file}.new`, randomBytes(KEY_BYTES), { mode: 0o600, flush: true })
      renameSync(`${file}.new`, file)
    }
  } catch (cause) {
    throw new StoreError(`${file} cannot be written.`, { cause })
  }
  const key = readFileSync(file)
  if (key.length !== KEY_BYTES) throw new StoreError(`${file} is damaged: it must have ${KEY_BYTES} bytes.`)
  return key
}
