import type { Parameter, Schema } from './document.ts'
import { html } from './html.ts'
import type { Html, Part } from './html.ts'
import { markdown } from './markdown.ts'
import type { Shape, Shaper } from './shape.ts'
import { coreOf, limitsOf, plural, typeOf } from './words.ts'

export type FieldViews = {
  body: (schema: Schema | boolean | undefined) => Html
  parameters: (parameters: Parameter[]) => Html
}

type Row = { name: string; required: boolean; deprecated: boolean; description?: string | undefined; shape: Shape }

/**
 * Lists of fields: the name on one side; type, limits and meaning on the other; nested objects folded below. Requests
 * mark required fields, responses optional ones.
 */
export function createFieldViews(shape: Shaper, mark: 'required' | 'optional'): FieldViews {
  const facts = (it: Shape): Html => {
    const limits = limitsOf(shape, it).map((limit) => html`<span class="limit">${limit}</span>`)
    return html`<p class="facts"><span>${typeOf(shape, it)}</span>${limits}</p>`
  }

  const row = ({ name, required, deprecated, description, shape: it }: Row): Html =>
    html`<div class="field">
      <dt>
        ${deprecated ? html`<s><code>${name}</code></s>` : html`<code>${name}</code>`}
        ${required === (mark === 'required') && html`<span class="${mark}">${mark}</span>`}
        ${deprecated && html`<span class="old">deprecated</span>`}
      </dt>
      <dd>
        ${facts(it)} ${markdown(description ?? it.schema.description)} ${choices(coreOf(shape, it))}
        ${standard(it.schema)}
      </dd>
      ${folded(coreOf(shape, it))}
    </div>`

  const list = (rows: Row[]) => html`<dl class="fields">${rows.map(row)}</dl>`

  const rowsOf = (it: Shape): Row[] =>
    it.fields.map(({ name, required, schema }) => {
      const field = shape(schema, it.trail)
      return { name, required, deprecated: field.schema.deprecated === true, shape: field }
    })

  const saysMore = (it: Shape) =>
    it.schema.description !== undefined || it.values.length > 0 || limitsOf(shape, it).length > 0
  const opens = (it: Shape): boolean =>
    it.fields.length > 0 || it.variants.some((variant) => saysMore(variant) || opens(coreOf(shape, variant)))

  const inside = (it: Shape): Html => html`${it.fields.length > 0 && list(rowsOf(it))}${it.variants.map(option)}`

  const option = (it: Shape): Html => {
    const core = coreOf(shape, it)
    return html`<div class="option">
      ${facts(it)} ${markdown(it.schema.description)} ${choices(core)} ${opens(core) && inside(core)}
    </div>`
  }

  const folded = (it: Shape): Part => {
    if (!opens(it)) return null
    const size = it.fields.length > 0 ? plural(it.fields.length, 'field') : `one of ${it.variants.length} forms`
    return html`<dd class="nested">
      <details>
        <summary>${size}</summary>
        ${inside(it)}
      </details>
    </dd>`
  }

  return {
    body: (schema) => {
      const it = shape(schema)
      const core = coreOf(shape, it)
      return html`${(it !== core || it.fields.length === 0) && html`${facts(it)}${choices(core)}`}${inside(core)}`
    },
    parameters: (parameters) =>
      list(
        parameters.map(({ name = '', required = false, deprecated = false, description, schema }) => ({
          name,
          required,
          deprecated,
          description,
          shape: shape(schema)
        }))
      )
  }
}

function choices({ values }: Shape): Part {
  if (values.length === 0) return null
  const codes = values.map((value) => html` <code>${literal(value)}</code>`)
  return html`<p class="values">${values.length === 1 ? 'Always' : 'One of'}${codes}</p>`
}

const standard = ({ default: value }: Schema): Part =>
  value !== undefined && html`<p class="values">Default <code>${literal(value)}</code></p>`

const literal = (value: unknown): string => (typeof value === 'string' && value) || JSON.stringify(value)
