// The content type of a file, by its name. Never one that a browser would run: pages and pictures with scripts are
// text. Pure.

const TEXT = /\.(txt|log|md|conf|cfg|ini|env|json|ya?ml|toml|xml|csv|html?|css|svg|[cm]?[jt]sx?|sh|py|sql)$/i
const PICTURES: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp'
}

export function contentTypeOf(name: string): string {
  if (TEXT.test(name)) return 'text/plain; charset=utf-8'
  return PICTURES[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'application/octet-stream'
}

/** RFC 6266: the name in UTF-8 for new clients, in ASCII for old ones. */
export function dispositionOf(name: string): string {
  const plain = name.replaceAll(/[^ -~]|["\\%]/g, '_')
  const encoded = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
