// The failures that mean an unavailable database, and the error for callers. Pure.

import { DatabaseError } from 'pg'
import { AppError } from '../../errors.ts'

// By class: connection, transaction rolled back, resources, operator, system; and a read-only database.
const AWAY = /^(08|40|53|57|58)|^25006$|^55P03$/
const UNIQUE = '23505'

/** If the driver throws without an answer of the database, it lost the connection or hit a timeout. */
export function isAway(error: unknown): boolean {
  return !(error instanceof DatabaseError) || AWAY.test(error.code ?? '')
}

export function isTaken(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === UNIQUE
}

/** The message of the driver or the database. Some errors have only a code. */
export function reasonOf(cause: unknown): string {
  const { message, code } = cause as Partial<NodeJS.ErrnoException>
  return message || code || String(cause)
}

export function unavailable(cause: unknown): AppError {
  return new AppError(
    'STORE_UNAVAILABLE',
    'The database of BERTH_DATABASE_URL does not answer, so nothing can be written and builds, tokens and the audit trail cannot be read. Berth reconnects by itself; retry later.',
    { cause }
  )
}
