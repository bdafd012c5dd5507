import type { ErrorCode } from '../../errors.ts'

/** The meaning of an engine's text. A hint says what to do if the text does not; `says` replaces the text. */
export type Rule = {
  pattern: RegExp
  code: ErrorCode
  hint?: (text: string) => string
  says?: (text: string) => string
}
