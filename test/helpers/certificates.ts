// Certificates for tests of TLS: the test's own CAs, and the certificates that they sign.

import { spawnSync } from 'node:child_process'
import { createAuthority as create, type Certificate, type Wanted } from '../../scripts/authority.ts'
import { installFor } from './debian.ts'

const DAYS = 2

export type { Certificate }

/** A CA with its files in the folder. */
export function createAuthority(folder: string) {
  if (spawnSync('openssl', ['version']).status !== 0) installFor('certificates')
  const { ca, sign } = create(folder, { name: 'Berth test', days: DAYS })
  return {
    ca,
    sign: ({ name, days = DAYS, use = 'serverAuth' }: Partial<Wanted> & Pick<Wanted, 'name'>): Certificate =>
      sign({ name, days, use })
  }
}
