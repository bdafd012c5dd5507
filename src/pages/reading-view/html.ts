// Text becomes markup in one place only: every value in `html` is escaped unless it is already Html.
// The indentation of the templates is removed.
export class Html {
  readonly markup: string

  constructor(markup: string) {
    this.markup = markup
  }
}

export type Part = Html | string | number | false | null | undefined | readonly Part[]

export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  const raw = strings.map((text) => text.replaceAll(/\s*\n\s*/g, ' '))
  return new Html(String.raw({ raw }, ...parts.map(markupOf)))
}

function markupOf(part: Part): string {
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part))
  if (part instanceof Html) return part.markup
  return part ? part.map(markupOf).join('') : ''
}

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
