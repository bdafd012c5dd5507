import { AppError } from '../errors.ts'

/** Limits of copies and reads, by the settings and the policy. */
export type FileLimits = { filesMax: number; fileEntriesMax: number; fileScanMax: number }

export function tooLarge({ filesMax }: FileLimits): AppError {
  return new AppError('FILE_TOO_LARGE', `A copy is limited to ${filesMax} bytes (BERTH_FILES_MAX).`)
}
