// A CA that signs certificates for TLS. Uses openssl, since Node cannot create certificates.

import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Wanted = { name: string; days: number; use: 'serverAuth' | 'clientAuth' }
/** Paths of PEM files. */
export type Certificate = { cert: string; key: string }

/** Keeps its files, and those of every certificate that it signs, in the folder. */
export function createAuthority(folder: string, { name, days }: Pick<Wanted, 'name' | 'days'>) {
  mkdirSync(folder, { recursive: true })
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...newKey, '-subj', `/CN=${name}`, '-days', `${days}`, '-keyout', 'ca.key', '-out', 'ca.pem')

  return {
    ca: join(folder, 'ca.pem'),

    /** Signs a certificate for a host name or an address; with `days` below zero it has expired. */
    sign({ name, days, use }: Wanted): Certificate {
      const file = `${use}-${name}-${days}`
      const kind = /^[\d.]+$/.test(name) ? 'IP' : 'DNS'
      writeFileSync(join(folder, `${file}.ext`), `subjectAltName=${kind}:${name}\nextendedKeyUsage=${use}\n`)
      openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${file}.key`, '-out', `${file}.csr`)
      const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', `${file}.ext`]
      openssl('x509', '-req', '-in', `${file}.csr`, ...by, '-days', `${days}`, '-out', `${file}.pem`)
      return { cert: join(folder, `${file}.pem`), key: join(folder, `${file}.key`) }
    }
  }
}
