// The undo stack of an attempt: a failure undoes its steps in reverse order.

/** `not needed`: there was nothing to undo, or another user has appeared. */
export type UndoEnd = 'undone' | 'not needed' | 'not known'
export type Undo = ReturnType<typeof createUndo>

type Log = { warn(fields: object, message: string): void }

export function createUndo({
  attempt,
  finalize,
  log
}: {
  attempt: string
  /** Records that the attempt must be finished. */
  finalize: () => Promise<void>
  log: Log
}) {
  const steps: { what: string; undo: () => Promise<UndoEnd> }[] = []
  let isFinal = false

  async function end({ what, undo }: (typeof steps)[number]): Promise<UndoEnd> {
    try {
      return await undo()
    } catch (err) {
      log.warn({ err, attempt }, `it is not known whether Berth could ${what}; it is looked at again later`)
      return 'not known'
    }
  }

  return {
    /** `what` completes the sentence "Berth could …". */
    add(what: string, undo: () => Promise<UndoEnd>): void {
      steps.push({ what, undo })
    },

    /** From here on, a failure or a crash leaves everything in place, to be finished later. */
    async passPointOfNoReturn(): Promise<void> {
      await finalize()
      isFinal = true
    },

    isFinal: (): boolean => isFinal,

    /** One step with an unknown outcome makes the whole outcome unknown; the other steps still run. */
    async all(): Promise<UndoEnd> {
      if (isFinal) return 'not known'
      const ends: UndoEnd[] = []
      for (const step of steps.toReversed()) ends.push(await end(step))
      if (ends.includes('not known')) return 'not known'
      return ends.includes('undone') ? 'undone' : 'not needed'
    }
  }
}
