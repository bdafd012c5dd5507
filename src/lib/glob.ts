// Matches text against patterns with stars, in bounded time: patterns of clients and operators never become regular
// expressions, since many stars can keep a backtracking engine busy forever. Pure.

type Restart = { token: number; at: number }

/** `*` matches anything but a slash, `**` anything. With `crossing`, one star matches slashes, too. */
export function glob(pattern: string, { crossing = false } = {}): (text: string) => boolean {
  const tokens = pattern.match(/\*+|[^*]+/g) ?? []
  const isStar = (token: string | undefined) => token?.startsWith('*') === true
  const crosses = (token: string) => crossing || token.length > 1

  return (text) => {
    let token = 0
    let at = 0
    // Only the last star of each kind is worth another try: a longer match of an earlier one leaves less text to the rest.
    let within: Restart | undefined
    let across: Restart | undefined
    for (;;) {
      const wanted = tokens[token]
      if (wanted === undefined && at === text.length) return true
      if (wanted !== undefined && isStar(wanted)) {
        if (crosses(wanted)) {
          across = { token, at }
          within = undefined
        } else within = { token, at }
        token++
      } else if (wanted !== undefined && text.startsWith(wanted, at)) {
        token++
        at += wanted.length
      } else if (within && within.at < text.length && text[within.at] !== '/') {
        at = ++within.at
        token = within.token + 1
      } else if (across && across.at < text.length) {
        at = ++across.at
        token = across.token + 1
        within = undefined
      } else return false
    }
  }
}
