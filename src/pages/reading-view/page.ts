import { resolve } from './document.ts'
import type { OpenApiDocument } from './document.ts'
import { html } from './html.ts'
import type { Html, Part } from './html.ts'
import { markdown } from './markdown.ts'
import { createOperationView } from './operation.ts'
import { outline } from './outline.ts'
import type { Group } from './outline.ts'

/**
 * The whole document as one page, which can be read without its script. `origin` is where the curl lines point when the document
 * names no server with a full address.
 */
export function renderReadingView(document: OpenApiDocument, origin = 'http://localhost:8000'): string {
  const { title, version, description } = document.info
  const server = document.servers?.find(({ url }) => /^https?:/.test(url))?.url ?? origin
  const operation = createOperationView(document, server.replace(/\/+$/, ''))
  const groups = outline(document)

  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} ${version}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/redoc/style.css" />
        <script src="/redoc/page.js" defer></script>
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header class="bar"><a href="#content">${title}</a><a href="#menu">Contents</a></header>
        ${menu(title, version, groups)}
        <main id="content">
          <header class="intro">
            <h1>${title} <span class="version">${version}</span></h1>
            ${markdown(description)}
            <ul class="links">
              <li><a href="/docs">Try it out</a></li>
              <li><a href="/openapi.json">openapi.json</a></li>
            </ul>
            ${credentials(document)}
          </header>
          ${groups.map(
            ({ anchor, name, description, entries }) =>
              html`<section class="group" aria-labelledby="${anchor}">
                <header>
                  <h2 id="${anchor}">${name}</h2>
                  ${markdown(description)}
                </header>
                ${entries.map(operation)}
              </section>`
          )}
        </main>
      </body>
    </html> `
  return page.markup
}

function menu(title: string, version: string, groups: Group[]): Html {
  return html`<nav class="menu" id="menu" aria-label="Operations">
    <p class="brand"><a href="#content">${title}</a> <span class="version">${version}</span></p>
    <a class="close" href="#content">Close</a>
    ${groups.map(
      ({ name, entries }) =>
        html`<details open>
          <summary>${name}</summary>
          <ul>
            ${entries.map(
              ({ anchor, method, path, operation }) =>
                html`<li>
                  <a href="#${anchor}" title="${method.toUpperCase()} ${path}">
                    <span class="method ${method}">${method === 'delete' ? 'del' : method}</span>
                    <span
                      >${operation.deprecated ? html`<s>${operation.summary ?? path}</s>` : (operation.summary ?? path)}</span
                    >
                  </a>
                </li>`
            )}
          </ul>
        </details>`
    )}
  </nav>`
}

function credentials(document: OpenApiDocument): Part {
  const schemes = Object.entries(document.components?.securitySchemes ?? {})
  if (schemes.length === 0) return null
  const rows = schemes.map(([name, reference]) => {
    const { type, scheme, in: place, name: key, description } = resolve(document, reference)
    const how = type === 'http' ? `HTTP ${scheme}` : key ? `${key} in ${place}` : type
    return html`<div class="field">
      <dt><code>${name}</code></dt>
      <dd>
        <p class="facts">${how}</p>
        ${markdown(description)}
      </dd>
    </div>`
  })
  return html`<h2 id="authentication">Authentication</h2>
    <dl class="fields">${rows}</dl>`
}
