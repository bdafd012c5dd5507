// Prometheus' text format (version 0.0.4). Pure.

export type Labels = Record<string, string>
export type Family = {
  name: string
  help: string
  type: 'gauge' | 'counter' | 'histogram'
  samples: { suffix?: string; labels?: Labels; value: number }[]
}

export function writeExposition(families: Family[]): string {
  const lines: string[] = []
  for (const { name, help, type, samples } of families) {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
    for (const { suffix = '', labels = {}, value } of samples)
      lines.push(`${name}${suffix}${writeLabels(labels)} ${writeNumber(value)}`)
  }
  return `${lines.join('\n')}\n`
}

function writeLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escape(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function writeNumber(value: number): string {
  if (value === Infinity) return '+Inf'
  return String(value)
}
