// The display of a slow step of the setup: its activity and its duration. Plain JavaScript, for any Node.

const TICK_MS = { terminal: 1_000, elsewhere: 10_000 }

/**
 * Runs the work of a step. On a terminal one line counts the seconds; elsewhere a line follows every ten seconds. The work
 * gets a function for what it is at.
 * @template T
 * @param {string} title
 * @param {(at: (detail: string) => void) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work, output = process.stdout) {
  const start = performance.now()
  const seconds = () => `${Math.round((performance.now() - start) / 1000)} s`
  let detail = ''

  const show = (/** @type {string} */ state) => {
    const line = `setup: ${title} ${state}`
    output.write(output.isTTY ? `\r\x1b[K${line.slice(0, output.columns - 1)}` : `${line}\n`)
  }
  const tick = () => show(`... ${seconds()}${detail && `, ${detail}`}`)

  show('...')
  const timer = setInterval(tick, output.isTTY ? TICK_MS.terminal : TICK_MS.elsewhere)
  try {
    const result = await work((text) => (detail = text))
    show(`(${seconds()})`)
    return result
  } finally {
    clearInterval(timer)
    if (output.isTTY) output.write('\n')
  }
}
