// Figures and times as people read them. Pure.

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

export function bytes(value: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, value)) / 10)))
  const scaled = value / 1024 ** power
  return `${power === 0 ? Math.round(scaled) : scaled.toFixed(scaled < 10 ? 1 : 0)} ${UNITS[power] ?? ''}`
}

export function percent(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} %`
}

const STEPS = [
  { unit: 'd', ms: 86_400_000 },
  { unit: 'h', ms: 3_600_000 },
  { unit: 'min', ms: 60_000 },
  { unit: 's', ms: 1_000 }
]

/** The largest unit that fits, whole. */
function span(ms: number): string {
  const step = STEPS.find((each) => ms >= each.ms)
  return step ? `${Math.floor(ms / step.ms)} ${step.unit}` : 'now'
}

export function ago(time: number, now: number): string {
  const ms = now - time
  if (ms < 0) return `in ${span(-ms)}`
  return ms < 1_000 ? 'now' : `${span(ms)} ago`
}

/** The duration of a step: `340 ms`, `4.2 s`, `3 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`
}

export function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1)
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}
