// A certificate with its key, and the authority that must have signed the peer's certificate: ca.pem, cert.pem, key.pem.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { Tls } from './tls.ts'

export type Certificates = Tls & { ca: Buffer }

/** Throws if a file is missing, or if the key is not the certificate's. */
export function readCertificates(folder: string): Certificates {
  const read = (name: string) => readFileSync(join(folder, `${name}.pem`))
  const files = { ca: read('ca'), cert: read('cert'), key: read('key') }
  createSecureContext(files)
  return files
}
