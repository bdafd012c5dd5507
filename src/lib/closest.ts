// Suggests an existing name for an unknown one.

const ALIKE_ENOUGH = 0.35
const LONGEST = 40

/** The most similar of the names, if one is similar at all. Pure. */
export function closest(name: string, names: string[]): string | undefined {
  if (name.length > LONGEST) return undefined
  const wanted = lettersOf(name)
  const [best] = names
    .map((other) => ({ other, likeness: likeness(wanted, lettersOf(other)) }))
    .filter(({ likeness }) => likeness >= ALIKE_ENOUGH)
    .sort((one, another) => another.likeness - one.likeness)
  return best?.other
}

/**
 * From 0 to 1: by the pairs of letters that both have. The same letters in another order are as good as equal, for of a
 * short word hardly a pair is left when two of them change places.
 */
function likeness(some: string, others: string): number {
  if (sorted(some) === sorted(others)) return 1
  const [ours, theirs] = [pairsOf(some), pairsOf(others)]
  return (2 * ours.intersection(theirs).size) / (ours.size + theirs.size)
}

/** Case and separators do not count: `hostPort` is `host_port`. */
function lettersOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}

/** With the beginning as a separate pair. */
function pairsOf(letters: string): Set<string> {
  return new Set(Array.from(letters, (letter, index) => (letters[index - 1] ?? ' ') + letter))
}

function sorted(letters: string): string {
  return Array.from(letters).sort().join('')
}
