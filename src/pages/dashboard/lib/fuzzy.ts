// Fuzzy search by a few letters. Pure, and fast enough for thousands of names at every keystroke.

/** Scores how well the letters match in order; 0 if they do not. Beginnings of words and runs of letters count most. */
function score(wanted: string, name: string): number {
  if (wanted === '') return 1
  const whole = name.indexOf(wanted)
  if (whole !== -1) return 1_000 - whole - name.length / 100 + (isStart(name, whole) ? 500 : 0)
  let total = 0
  let at = -1
  for (const letter of wanted) {
    const next = name.indexOf(letter, at + 1)
    if (next === -1) return 0
    total += next === at + 1 ? 8 : isStart(name, next) ? 6 : 1
    at = next
  }
  return total - name.length / 100
}

function isStart(name: string, index: number): boolean {
  if (index === 0) return true
  const before = name.charCodeAt(index - 1)
  return !(before >= 97 && before <= 122) && !(before >= 48 && before <= 57)
}

/** Best first. Keys must be in lower case. */
export function find<T extends { key: string }>(wanted: string, all: readonly T[], most: number): T[] {
  const letters = wanted.toLowerCase().replaceAll(/\s+/g, '')
  const found: { item: T; points: number }[] = []
  for (const item of all) {
    const points = score(letters, item.key)
    if (points > 0) found.push({ item, points })
  }
  return found
    .toSorted((a, b) => b.points - a.points)
    .slice(0, most)
    .map(({ item }) => item)
}
