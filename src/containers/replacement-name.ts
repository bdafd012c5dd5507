// A container that takes another's place has a name of its own until the other is gone.

const SUFFIX = '.berth-newcomer'

export function replacementName(name: string): string {
  return name + SUFFIX
}

/** The name that it is to have in the end; undefined when it has it. */
export function finalName(name: string): string | undefined {
  return name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : undefined
}
