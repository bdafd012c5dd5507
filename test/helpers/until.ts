/** Waits until something that happens by itself has happened. */
export async function until(isTrue: () => boolean | Promise<boolean>, limitMs = 60_000): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${isTrue}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
