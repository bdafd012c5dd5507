// The token of this tab. The page sends it to this server only, and the browser drops it with the tab.

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

/** Reloads everything with it, at the same address. */
export function keepToken(text: string): void {
  sessionStorage.setItem(KEY, text)
  location.reload()
}

export function forgetToken(): void {
  sessionStorage.removeItem(KEY)
  location.reload()
}
