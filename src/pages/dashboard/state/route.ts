// The current view: the address contains all of it, so a reload or a link shows the same.

import { computed, signal } from '@preact/signals'

const ROOT = '/dashboard'

const address = signal(new URL(location.href))
addEventListener('popstate', () => (address.value = new URL(location.href)))

/** `['containers', 'web', 'logs']` */
export const path = computed(() =>
  address.value.pathname.slice(ROOT.length).split('/').filter(Boolean).map(decodeURIComponent)
)
export const query = computed(() => address.value.searchParams)

export function hrefOf(...parts: string[]): string {
  return [ROOT, ...parts.map(encodeURIComponent)].join('/')
}

export function go(href: string, { replace = false }: { replace?: boolean } = {}): void {
  if (replace) history.replaceState(null, '', href)
  else history.pushState(null, '', href)
  address.value = new URL(location.href)
}

/** Changes the query. Undefined removes a name. */
export function setQuery(changes: Record<string, string | undefined>): void {
  const url = new URL(location.href)
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  }
  go(url.pathname + url.search, { replace: true })
}

/** A plain click on an internal link stays in this page. */
export function followLinks(): void {
  document.addEventListener('click', (event) => {
    const link = (event.target as Element).closest?.('a')
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.defaultPrevented
    if (!link || !isPlain || link.target || link.origin !== location.origin || !link.pathname.startsWith(ROOT)) return
    event.preventDefault()
    go(link.pathname + link.search)
  })
}
