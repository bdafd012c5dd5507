// A part of a file: the requested bytes, and their extraction from a stream. Pure.

import { AppError } from '../errors.ts'

/** The first and last byte, as HTTP counts them. */
export type Range = { first: number; last: number }

/** Undefined for the whole file, and for several ranges, which a server need not support. */
export function readRange(header: string | undefined, size: number): Range | undefined {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (from === '' && to === '') return undefined
  if (from === '') return checked({ first: Math.max(0, size - Number(to)), last: size - 1 }, size)
  if (to !== '' && Number(to) < Number(from)) return undefined
  return checked({ first: Number(from), last: to === '' ? size - 1 : Math.min(Number(to), size - 1) }, size)
}

/** By offset and length. */
export function rangeFrom(offset: number, length: number | undefined, size: number): Range {
  const last = length === undefined ? size - 1 : Math.min(offset + length, size) - 1
  if (offset > size) throw new AppError('RANGE_NOT_SATISFIABLE', `The file has ${size} bytes.`, { facts: { size } })
  return { first: offset, last }
}

function checked(range: Range, size: number): Range {
  if (range.first <= range.last) return range
  throw new AppError('RANGE_NOT_SATISFIABLE', `The file has ${size} bytes.`, { facts: { size } })
}

/** Ends with the last requested byte. */
export async function* sliceOf(content: AsyncIterable<Buffer>, { first, last }: Range): AsyncGenerator<Buffer> {
  let at = 0
  for await (const piece of content) {
    const slice = piece.subarray(Math.max(0, first - at), Math.max(0, last + 1 - at))
    at += piece.length
    if (slice.length > 0) yield slice
    if (at > last) return
  }
}
