type Page<T> = { items: T[]; total: number; nextCursor: string | undefined }
type Key<T> = { of: (item: T) => string; form: RegExp }
type Asked = { cursor?: string | undefined; limit?: number | undefined }

/**
 * Highest keys first. The cursor names the last item shown, by its key, so that it may be gone meanwhile; the answer is
 * undefined for one that does not have the form of a key.
 */
export function pageOf<T>(items: T[], key: Key<T>, { cursor, limit }: Asked): Page<T> | undefined {
  const after = cursor === undefined ? undefined : Buffer.from(cursor, 'base64url').toString()
  if (after !== undefined && !key.form.test(after)) return undefined
  const sorted = items.map((item) => ({ item, key: key.of(item) })).sort((a, b) => (a.key < b.key ? 1 : -1))
  const start = after === undefined ? 0 : sorted.findIndex((each) => each.key < after)
  const rest = start === -1 ? [] : sorted.slice(start)
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map(({ item }) => item),
    total: sorted.length,
    nextCursor: last && page.length < rest.length ? Buffer.from(last.key).toString('base64url') : undefined
  }
}
