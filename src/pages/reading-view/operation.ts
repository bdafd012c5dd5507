import { curlLine } from './curl.ts'
import { resolve } from './document.ts'
import type { Content, Media, OpenApiDocument, Response } from './document.ts'
import { coloured, createExamples } from './example.ts'
import { createFieldViews } from './fields.ts'
import type { FieldViews } from './fields.ts'
import { Html, html } from './html.ts'
import type { Part } from './html.ts'
import { markdown, phrase } from './markdown.ts'
import type { Entry } from './outline.ts'
import { createShaper } from './shape.ts'

type Answer = { status: string; response: Response }

const PLACES = { path: 'Path parameters', query: 'Query parameters', header: 'Headers', cookie: 'Cookies' }

/** One operation: on the left its meaning, on the right its form on the wire. */
export function createOperationView(document: OpenApiDocument, origin: string): (entry: Entry) => Html {
  const shape = createShaper(document)
  const examples = createExamples(shape)
  const sent = createFieldViews(shape, 'required')
  const answered = createFieldViews(shape, 'optional')

  const contents = (views: FieldViews, content: Content = {}) =>
    Object.entries(content).map(
      ([type, { schema }]) =>
        html`<p class="media">${type}</p>
          ${views.body(schema)}`
    )

  const parameters = (entry: Entry) =>
    Object.entries(PLACES).map(([place, title]) => {
      const here = entry.parameters.filter((parameter) => parameter.in === place)
      return (
        here.length > 0 &&
        html`<h4>${title}</h4>
          ${sent.parameters(here)}`
      )
    })

  const answer = ({ status, response }: Answer, index: number): Html => {
    const headers = Object.entries(response.headers ?? {}).map(([name, header]) => ({
      ...resolve(document, header),
      name
    }))
    const title = html`<span class="status ${kindOf(status)}">${status}</span> ${phrase(response.description)}`
    if (headers.length === 0 && !response.content) return html`<p class="answer">${title}</p>`
    return html`<details class="answer" ${index === 0 && 'open'}>
      <summary>${title}</summary>
      ${
        headers.length > 0 &&
        html`<p class="media">headers</p>
          ${answered.parameters(headers)}`
      }
      ${contents(answered, response.content)}
    </details>`
  }

  const textOf = (type: string, media: Media): Html | string | undefined => {
    if (type.endsWith('json')) return coloured(examples.ofMedia(media, true))
    return typeof media.example === 'string' ? media.example.trimEnd() : undefined
  }

  // Answers that look the same are shown once, for all their statuses.
  const answerSamples = (answers: Answer[]): Html[] => {
    const samples = new Map<string, { statuses: string[]; type: string; text: Html | string }>()
    for (const { status, response } of answers) {
      for (const [type, media] of Object.entries(response.content ?? {})) {
        const text = textOf(type, media)
        if (text === undefined) continue
        const key = `${type} ${text instanceof Html ? text.markup : text}`
        const { statuses } = samples.get(key) ?? { statuses: [] }
        samples.set(key, { statuses: [...statuses, status], type, text })
      }
    }
    return [...samples.values()].map(
      ({ statuses, type, text }, index) =>
        html`<details class="sample" ${index === 0 && 'open'}>
          <summary>
            ${statuses.map((status) => html`<span class="status ${kindOf(status)}">${status}</span> `)} ${type}
          </summary>
          <pre><code>${text}</code></pre>
        </details>`
    )
  }

  return (entry) => {
    const { anchor, method, path, operation } = entry
    const body = operation.requestBody && resolve(document, operation.requestBody)
    const answers = Object.entries(operation.responses ?? {}).map(([status, response]) => ({
      status,
      response: resolve(document, response),
      isShared: response.$ref !== undefined
    }))
    // Parts common to all operations are explained in one line and omitted: the page would be three times as long.
    const [own, shared] = [answers.filter(({ isShared }) => !isShared), answers.filter(({ isShared }) => isShared)]
    const title = operation.summary ?? `${method.toUpperCase()} ${path}`
    const curl = curlLine({ document, origin, shape, examples }, { ...entry, content: body?.content ?? {} })

    return html`<article class="operation" id="${anchor}">
      <div class="about">
        <h3><a href="#${anchor}">${operation.deprecated ? html`<s>${title}</s>` : title}</a></h3>
        <p class="route">
          <span class="method ${method}">${method}</span> <code>${pathParts(path)}</code>
          ${operation.deprecated && html`<span class="old">deprecated</span>`}
        </p>
        ${securityOf(document, entry)} ${markdown(operation.description)} ${parameters(entry)}
        ${
          body &&
          html`<h4>Request body ${body.required && html`<span class="required">required</span>`}</h4>
            ${markdown(body.description)} ${contents(sent, body.content)}`
        }
        ${
          answers.length > 0 &&
          html`<h4>Responses</h4>
            ${own.map(answer)}
            ${shared.map(({ status, response: { description = '' } }) => answer({ status, response: { description } }, 1))}`
        }
      </div>
      <div class="samples">
        <figure class="sample">
          <figcaption>Request ${operation.operationId && html`<a href="${tryOut(entry)}">Try it out</a>`}</figcaption>
          <pre class="shell"><code>${curl}</code></pre>
        </figure>
        ${answerSamples(own)}
      </div>
    </article>`
  }
}

// The address under which Swagger UI opens this operation, given its `deepLinking`.
const tryOut = ({ tag, operation }: Entry): string =>
  `/docs#/${encodeURIComponent(tag)}/${encodeURIComponent(operation.operationId ?? '')}`

const pathParts = (path: string): Part =>
  path.split(/(\{[^}]*\})/).map((part, index) => (index % 2 ? html`<var>${part}</var>` : part))

function securityOf(document: OpenApiDocument, { operation }: Entry): Part {
  if (!document.components?.securitySchemes) return null
  const ways = (operation.security ?? document.security ?? []).map((way) =>
    Object.entries(way)
      .map(([name, scopes]) => [name, ...scopes].join(' · '))
      .join(' and ')
  )
  const named = ways.filter(Boolean).join(', or ')
  if (!named) return html`<p class="security">Needs no credentials</p>`
  return html`<p class="security locked">${ways.includes('') ? 'Accepts' : 'Needs'} ${named}</p>`
}

function kindOf(status: string): string {
  const first = status.charAt(0)
  return first === '2' ? 'fine' : first === '3' ? 'moved' : first === '4' ? 'refused' : 'failed'
}
