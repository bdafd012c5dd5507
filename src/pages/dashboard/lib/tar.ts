// Packs a folder as a tar archive (ustar, with a pax header for a long name) in the page.

export type Entry = { path: string; content: Blob }

const BLOCK = 512
const encoder = new TextEncoder()

export function tarOf(entries: readonly Entry[]): Blob {
  const parts = entries.flatMap(({ path, content }) => [
    ...longName(path),
    header(shortened(path), content.size, '0'),
    content,
    padding(content.size)
  ])
  return new Blob([...parts, new Uint8Array(2 * BLOCK)], { type: 'application/x-tar' })
}

function longName(path: string): Uint8Array<ArrayBuffer>[] {
  if (encoder.encode(path).length < 100) return []
  const text = (length: number) => `${length} path=${path}\n`
  let length = encoder.encode(text(0)).length
  while (encoder.encode(text(length)).length !== length) length = encoder.encode(text(length)).length
  const record = encoder.encode(text(length))
  return [header('pax', record.length, 'x'), record, padding(record.length)]
}

function shortened(path: string): string {
  return encoder.encode(path).length < 100 ? path : 'long'
}

function header(name: string, size: number, kind: '0' | 'x'): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK)
  const put = (text: string, at: number) => block.set(encoder.encode(text), at)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  put(name, 0)
  put(octal(0o644, 7), 100)
  put(octal(0, 7), 108)
  put(octal(0, 7), 116)
  put(octal(size, 11), 124)
  put(octal(0, 11), 136)
  put('        ', 148)
  put(kind, 156)
  put('ustar\x0000', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

function padding(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK)
}
