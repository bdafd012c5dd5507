// Clients generated from a schema send `null` for what they leave out.

/** Removes each null that a violation points at; a schema that takes null raises none. Returns whether it removed any. */
export function dropNulls(data: unknown, violations: { instancePath: string }[]): boolean {
  let dropped = false
  for (const { instancePath } of violations) {
    const path = instancePath.split('/').slice(1).map(unescaped)
    const name = path.pop()
    const parent = path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), data)
    if (name === undefined || !isObject(parent) || Array.isArray(parent) || parent[name] !== null) continue
    delete parent[name]
    dropped = true
  }
  return dropped
}

/** Reads JSON whose schema takes null nowhere. */
export function parseWithoutNulls(text: string): unknown {
  return JSON.parse(text, function (this: unknown, _, value: unknown) {
    return value === null && !Array.isArray(this) ? undefined : value
  })
}

function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
