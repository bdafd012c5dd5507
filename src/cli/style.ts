// Colours, tables and bars of a terminal. Pure.

export type Style = ReturnType<typeof createStyle>

const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], blue: [34, 39] } as const
type Paint = (text: string) => string

export function createStyle(hasColours: boolean): Record<keyof typeof CODES, Paint> {
  const paint = ([on, off]: readonly [number, number]): Paint =>
    hasColours ? (text) => `\u001B[${on}m${text}\u001B[${off}m` : (text) => text
  return Object.fromEntries(Object.entries(CODES).map(([name, code]) => [name, paint(code)])) as Record<
    keyof typeof CODES,
    Paint
  >
}

/** The visible width, without colours. */
function widthOf(text: string): number {
  // oxlint-disable-next-line no-control-regex -- it removes the colours
  return Array.from(text.replaceAll(/\u001B\[\d+m/g, '')).length
}

/** Columns two blanks apart, as wide as their widest cell. */
export function table(head: string[], rows: string[][], { dim }: Style): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))))
  const line = (row: string[]) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell))
      )
      .join('  ')
  return [dim(line(head)), ...rows.map(line)].join('\n')
}

/** Cut to the width of a terminal, where a wrapped line would break the redraw. Colours take no room. */
export function cut(line: string, width: number): string {
  if (widthOf(line) <= width) return line
  let left = width
  // oxlint-disable-next-line no-control-regex -- the colours are kept whole
  return line.replaceAll(/\u001B\[\d+m|./gsu, (part) => (part.startsWith('\u001B') || left-- > 0 ? part : ''))
}

const BARS = '▁▂▃▄▅▆▇█'

/** The last values as a row of bars; the highest of them, or `top`, fills a cell. */
export function sparkline(values: number[], length: number, top = Math.max(...values, 1)): string {
  const shown = values.slice(-length)
  const bar = (value: number) => BARS[Math.min(BARS.length - 1, Math.floor((value / top) * BARS.length))] ?? ''
  return shown.map(bar).join('').padStart(length)
}

/** `[=====>    ] 52 %` */
export function bar(share: number, width = 20): string {
  const part = Math.min(1, Math.max(0, share))
  return `[${'='.repeat(Math.round(part * width)).padEnd(width)}] ${Math.floor(part * 100)} %`
}
