// Shared disk syncs: one sync serves all callers that requested it before it started.

import { open } from 'node:fs/promises'

export function createGroupSync(sync: () => Promise<void>) {
  let running = Promise.resolve()
  let next: Promise<void> | undefined
  let failure: unknown

  /** After a failed sync the kernel may treat the lost pages as written, so no later sync proves anything. */
  function check(): void {
    if (failure !== undefined)
      throw new Error('The disk failed to keep what was written. Check the disk and restart Berth.', { cause: failure })
  }

  async function run(): Promise<void> {
    check()
    try {
      await sync()
    } catch (error) {
      failure = error
      throw error
    }
  }

  function begin(): Promise<void> {
    next = undefined
    running = run()
    return running
  }

  return {
    /** Resolves when every write before the call survives a power failure. */
    flush: (): Promise<void> => (next ??= running.then(begin, begin)),
    /** Throws once a sync has failed. */
    check
  }
}

/** Makes a file, or the names in a folder, survive a power failure. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
