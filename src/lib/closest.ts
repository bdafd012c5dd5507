// What somebody may have meant by a name that does not exist.

const ALIKE_ENOUGH = 0.35
const LONGEST = 40

/** The most similar of the names, if one is similar at all: by the pairs of letters that both have. Pure. */
export function closest(name: string, names: string[]): string | undefined {
  if (name.length > LONGEST) return undefined
  const wanted = pairsOf(name)
  const [best] = names
    .map((other) => ({ other, likeness: likeness(wanted, pairsOf(other)) }))
    .filter(({ likeness }) => likeness >= ALIKE_ENOUGH)
    .sort((one, another) => another.likeness - one.likeness)
  return best?.other
}

/** From 0, no pair in common, to 1, all of them. */
function likeness(some: Set<string>, others: Set<string>): number {
  return (2 * some.intersection(others).size) / (some.size + others.size)
}

/** With the beginning as a pair of its own; case and separators do not count: `hostPort` is `host_port`. */
function pairsOf(name: string): Set<string> {
  const letters = ` ${name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')}`
  return new Set(Array.from(letters.slice(1), (letter, index) => letters[index] + letter))
}
