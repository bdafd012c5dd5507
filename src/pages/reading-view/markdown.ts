import { html } from './html.ts'
import type { Html, Part } from './html.ts'

const FENCE = /^```[^\n]*\n([\s\S]*?)^```[ \t]*$/m
const BULLET = /^\s*[-*] +/
const NUMBER = /^\s*\d+[.)] +/
const INLINE = /`([^`]+)`|\*\*(.+?)\*\*|\[([^\]]+)\]\(([^()\s]+)\)/g
const SAFE_LINK = /^(?:https?:\/\/|mailto:|\/(?!\/)|#|\.\/)/i

/** Paragraphs, lists, fenced and inline code, bold and links. Everything else is shown unchanged. */
export function markdown(text: string | undefined): Part {
  if (!text) return null
  // Splitting by a pattern with one group yields text and code in turns.
  return text.split(FENCE).map((piece, index) => (index % 2 ? html`<pre class="plain">${piece}</pre>` : blocks(piece)))
}

/** The same within one line: no blocks. */
export const phrase = (text = ''): Part => inline(text.replaceAll(/\s+/g, ' ').trim())

const blocks = (text: string): Html[] =>
  text
    .split(/\n\s*\n/)
    .filter((block) => block.trim())
    .flatMap(block)

function block(text: string): Html[] {
  const lines = text.trim().split('\n')
  const first = lines.findIndex((line) => BULLET.test(line) || NUMBER.test(line))
  if (first < 0) return [html`<p>${inline(lines.join(' '))}</p>`]

  const before = first > 0 ? block(lines.slice(0, first).join('\n')) : []
  const mark = BULLET.test(lines[first] ?? '') ? BULLET : NUMBER
  const items = listItems(lines.slice(first), mark).map((item) => html`<li>${inline(item)}</li>`)
  return [
    ...before,
    mark === BULLET
      ? html`<ul>
          ${items}
        </ul>`
      : html`<ol>
          ${items}
        </ol>`
  ]
}

function listItems(lines: string[], mark: RegExp): string[] {
  const items: string[] = []
  for (const line of lines) {
    if (mark.test(line)) items.push(line.replace(mark, ''))
    else items.push(`${items.pop() ?? ''} ${line.trim()}`)
  }
  return items
}

function inline(text: string): Part[] {
  const parts: Part[] = []
  let end = 0
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, bold, label, target = ''] = match
    parts.push(text.slice(end, match.index))
    end = match.index + whole.length
    if (code !== undefined) parts.push(html`<code>${code}</code>`)
    else if (bold !== undefined) parts.push(html`<strong>${inline(bold)}</strong>`)
    else parts.push(SAFE_LINK.test(target) ? html`<a href="${target}" rel="noreferrer">${label}</a>` : whole)
  }
  return [...parts, text.slice(end)]
}
