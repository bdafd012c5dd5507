// Errors of a stream that broke during a read: the engine went away, or it sent invalid data.

import { AppError } from '../../errors.ts'
import { UnreadableAnswer } from './failures.ts'
import { translateUnreadable } from './translate-error.ts'

/** `away` says that the engine went away. */
export function brokenStream(
  error: unknown,
  { what, isChange, away = `The engine went away when asked to ${what}.` }: StreamedCall
): AppError {
  if (error instanceof AppError) return error
  if (error instanceof UnreadableAnswer) return translateUnreadable(error, { what, isChange })
  return new AppError('ENGINE_UNAVAILABLE', away, { cause: error })
}

type StreamedCall = { what: string; isChange: boolean; away?: string }
