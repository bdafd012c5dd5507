// Saves a file to the browser's downloads.

import { send } from './client.ts'
import { token } from '../state/session.ts'

/** A link cannot carry a token, so with one the file goes through the memory of the page. */
export async function save(url: string, name: string): Promise<void> {
  if (token() === null) return click(url, name)
  const answer = await send(url)
  saveBlob(await answer.blob(), name)
}

export function saveBlob(content: Blob, name: string): void {
  const url = URL.createObjectURL(content)
  click(url, name)
  URL.revokeObjectURL(url)
}

function click(href: string, name: string): void {
  const link = document.createElement('a')
  link.href = href
  link.download = name
  link.click()
}
