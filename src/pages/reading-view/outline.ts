import { METHODS, resolve } from './document.ts'
import type { Method, OpenApiDocument, Operation, Parameter } from './document.ts'

export type Entry = {
  anchor: string
  tag: string
  method: Method
  path: string
  operation: Operation
  parameters: Parameter[]
}
export type Group = { anchor: string; name: string; description: string | undefined; entries: Entry[] }

const UNTAGGED = 'Other'

/** Every operation once, under its first tag, tags in the order in which the document declares them. */
export function outline(document: OpenApiDocument): Group[] {
  const entries = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item?.[method]
      return operation ? [entryOf(document, path, method, operation, item?.parameters)] : []
    })
  )
  const declared = document.tags ?? []
  const names = new Set([...declared.map((tag) => tag.name), ...entries.map((entry) => entry.tag)])
  return [...names]
    .map((name) => ({
      anchor: `tag/${slug(name)}`,
      name,
      description: declared.find((tag) => tag.name === name)?.description,
      entries: entries.filter((entry) => entry.tag === name)
    }))
    .filter((group) => group.entries.length > 0)
}

function entryOf(
  document: OpenApiDocument,
  path: string,
  method: Method,
  operation: Operation,
  shared: Parameter[] = []
): Entry {
  const own = (operation.parameters ?? []).map((parameter) => resolve(document, parameter))
  const inherited = shared
    .map((parameter) => resolve(document, parameter))
    .filter((parameter) => !own.some(({ name, in: place }) => name === parameter.name && place === parameter.in))
  return {
    anchor: `operation/${slug(operation.operationId ?? `${method}${path}`)}`,
    tag: operation.tags?.[0] ?? UNTAGGED,
    method,
    path,
    operation,
    parameters: [...inherited, ...own]
  }
}

const slug = (text: string): string => text.replaceAll(/[^\w.-]+/g, '-')
