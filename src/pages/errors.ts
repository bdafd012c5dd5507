// docs/errors.md as a page: where the `type` of every problem points.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { html } from './reading-view/html.ts'
import { markdown } from './reading-view/markdown.ts'

const SOURCE = join(import.meta.dirname, '../../docs/errors.md')

export const renderErrors = (): string => render(readFileSync(SOURCE, 'utf8'))

function render(source: string): string {
  const [introduction = '', ...sections] = source.split(/^## /m)
  const parts = sections.map((section) => {
    const [code = '', ...text] = section.split('\n')
    return html`<section id="${code.toLowerCase()}">
      <h2>${code}</h2>
      ${markdown(text.join('\n'))}
    </section>`
  })
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Errors of Berth</title>
        <link rel="stylesheet" href="/redoc/style.css" />
      </head>
      <body class="article">
        <p><a href="/">Berth</a> · <a href="/docs">try the API</a> · <a href="/redoc">read the API</a></p>
        <h1>Errors</h1>
        ${markdown(introduction.replace(/^# .*\n/, ''))} ${parts}
      </body>
    </html>`.markup
}
