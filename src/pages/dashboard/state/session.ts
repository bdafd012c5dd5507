// The token of this tab. It goes to this server only, and goes with the tab.

import { signal } from '@preact/signals'

const KEY = 'berth-token'

/** Why the page asks for a token; undefined if it does not. */
export const tokenWanted = signal<string | undefined>(undefined)

export const token = (): string | null => sessionStorage.getItem(KEY)

export function headersOf(init?: HeadersInit): Headers {
  const headers = new Headers(init)
  const known = token()
  if (known !== null) headers.set('authorization', `Bearer ${known}`)
  return headers
}

export function wantToken(why: string): void {
  tokenWanted.value = token() === null ? '' : why
}

/** Everything is asked again with it, at the same address. */
export function keepToken(text: string): void {
  sessionStorage.setItem(KEY, text)
  location.reload()
}

export function forgetToken(): void {
  sessionStorage.removeItem(KEY)
  location.reload()
}
