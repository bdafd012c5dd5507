// Certificates for tests of TLS: authorities of the test's own, and what they sign.

import { spawnSync } from 'node:child_process'
import { createAuthority as create, type Certificate, type Wanted } from '../../scripts/authority.ts'
import { installFor } from './debian.ts'

const DAYS = 2

export type { Certificate }

/** An authority whose files are kept in the folder. */
export function createAuthority(folder: string) {
  if (spawnSync('openssl', ['version']).status !== 0) installFor('certificates')
  const { ca, sign } = create(folder, { name: 'Berth test', days: DAYS })
  return {
    ca,
    sign: ({ name, days = DAYS, use = 'serverAuth' }: Partial<Wanted> & Pick<Wanted, 'name'>): Certificate =>
      sign({ name, days, use })
  }
}
