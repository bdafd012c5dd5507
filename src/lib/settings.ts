// The kinds of settings: the conversion of a variable's text to a value, and the errors.

export type Setting<T> = {
  env: string
  default: string
  description: string
  secret?: boolean
  parse: (text: string) => T
}

export type PortRange = { first: number; last: number }

export const text = (env: string, fallback: string, description: string): Setting<string> => ({
  env,
  default: fallback,
  description,
  parse: (raw) => raw
})

export const optional = (env: string, description: string): Setting<string | undefined> => ({
  env,
  default: '',
  description,
  parse: (raw) => raw || undefined
})

export const flag = (env: string, fallback: boolean, description: string): Setting<boolean> => ({
  env,
  default: String(fallback),
  description,
  parse: (raw) => {
    if (/^(1|true|yes|on)$/i.test(raw)) return true
    if (/^(0|false|no|off)$/i.test(raw)) return false
    throw new Error('must be true or false')
  }
})

export const number = (
  env: string,
  fallback: number,
  min: number,
  max: number,
  description: string
): Setting<number> => ({
  env,
  default: String(fallback),
  description,
  parse: (raw) => {
    const value = Number(raw)
    if (!Number.isFinite(value) || value < min || value > max) throw new Error(`must be a number from ${min} to ${max}`)
    return value
  }
})

export const integer = (
  env: string,
  fallback: number,
  min: number,
  max: number,
  description: string
): Setting<number> => {
  const setting = number(env, fallback, min, max, description)
  return {
    ...setting,
    parse: (raw) => {
      const value = setting.parse(raw)
      if (!Number.isInteger(value)) throw new Error('must be a whole number')
      return value
    }
  }
}

/** Unset, it is undefined. */
export const optionalInteger = (
  env: string,
  min: number,
  max: number,
  description: string
): Setting<number | undefined> => {
  const { parse } = integer(env, min, min, max, description)
  return { env, default: '', description, parse: (raw) => (raw === '' ? undefined : parse(raw)) }
}

export const oneOf = <const T extends string>(
  env: string,
  fallback: T,
  values: readonly T[],
  description: string
): Setting<T> => ({
  env,
  default: fallback,
  description,
  parse: (raw) => {
    const value = values.find((candidate) => candidate === raw.toLowerCase())
    if (!value) throw new Error(`must be one of ${values.join(', ')}`)
    return value
  }
})

export const bytes = (env: string, fallback: string, description: string): Setting<number> => ({
  env,
  default: fallback,
  description,
  parse: parseBytes
})

export const optionalBytes = (env: string, description: string): Setting<number | undefined> => ({
  env,
  default: '',
  description,
  parse: (raw) => (raw === '' ? undefined : parseBytes(raw))
})

/** Separated by commas. */
export const list = (env: string, description: string): Setting<string[]> => ({
  env,
  default: '',
  description,
  parse: parseList
})

/** Ports, separated by commas. */
export const portList = (env: string, description: string): Setting<number[]> => ({
  env,
  default: '',
  description,
  parse: (raw) => parseList(raw).map(parsePort)
})

export const portOrOff = (env: string, fallback: number, description: string): Setting<number | undefined> => ({
  env,
  default: String(fallback),
  description,
  parse: (raw) => (/^(off|0)$/i.test(raw) ? undefined : parsePort(raw))
})

/** "8001-8999", inclusive. */
export const portRange = (env: string, fallback: string, description: string): Setting<PortRange> => ({
  env,
  default: fallback,
  description,
  parse: parsePortRange
})

const SIZE_UNITS: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** "512m" as Docker writes sizes: a number with k, m, g or t (powers of 1024). */
export function parseBytes(raw: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(raw.trim())
  if (!match) throw new Error('must be a size such as 512m or 2g')
  return Math.round(Number(match[1]) * (SIZE_UNITS[match[2]?.toLowerCase() ?? ''] ?? 1))
}

function parsePort(raw: string): number {
  const port = Number(raw)
  if (!/^\d+$/.test(raw.trim()) || port < 1 || port > 65535) throw new Error(`"${raw}" is not a port from 1 to 65535`)
  return port
}

function parsePortRange(raw: string): PortRange {
  const [first, last, ...rest] = raw.split('-').map(parsePort)
  if (first === undefined || last === undefined || rest.length > 0 || last < first) {
    throw new Error('must be a range such as 8001-8999')
  }
  return { first, last }
}

function parseList(raw: string): string[] {
  return raw
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
