const FULL = new Set(['ENOSPC', 'EDQUOT'])
const SQLITE_FULL = 13

/** Whether a file or the database could not be written because there is no room left. */
export function isDiskFull(error: unknown): boolean {
  const { code = '', errcode } = (error ?? {}) as { code?: string; errcode?: number }
  return FULL.has(code) || errcode === SQLITE_FULL
}
