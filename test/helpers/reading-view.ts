// Small documents, rendered, and read as a person reads them.

import type { OpenApiDocument, Operation, Schema } from '../../src/pages/reading-view/document.ts'
import { renderReadingView } from '../../src/pages/reading-view/page.ts'

export const documentWith = (paths: OpenApiDocument['paths'], rest: object = {}): OpenApiDocument => ({
  info: { title: 'Test', version: '1.0.0' },
  paths: paths ?? {},
  ...rest
})

export const pageOf = (operation: Operation, rest?: object) =>
  renderReadingView(documentWith({ '/things/{id}': { get: { operationId: 'getThing', ...operation } } }, rest))

export const answering = (schema: Schema, rest?: object) =>
  pageOf({ responses: { 200: { description: 'Yes', content: { 'application/json': { schema } } } } }, rest)

export const sending = (schema: Schema, type = 'application/json') =>
  renderReadingView(documentWith({ '/things': { post: { requestBody: { content: { [type]: { schema } } } } } }))

/** The visible text: without tags, with decoded entities and single spaces. */
export const read = (page: string) =>
  page
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replaceAll(/\s+/g, ' ')
