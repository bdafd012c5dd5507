/** An error that the user must fix: shown without a stack. */
export class SetupError extends Error {}

export function say(text: string): void {
  console.log(`setup: ${text}`)
}

export function giveUp(error: unknown): never {
  console.error('setup:', error instanceof SetupError ? error.message : error)
  process.exit(1)
}
