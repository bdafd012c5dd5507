// A replacement has a temporary name until the old container is gone.

const SUFFIX = '.berth-newcomer'

export function replacementName(name: string): string {
  return name + SUFFIX
}

/** Its final name; undefined if it already has it. */
export function finalName(name: string): string | undefined {
  return name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : undefined
}
