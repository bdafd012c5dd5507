// JSON Schema errors in readable words. Pure.

const KINDS: Record<string, string> = {
  array: 'a list',
  boolean: 'true or false',
  integer: 'a whole number',
  null: 'null',
  number: 'a number',
  object: 'an object',
  string: 'text'
}

/** Undefined for keywords whose standard message is good enough. */
export function inWords(keyword: string, { type, limit, examples }: Record<string, unknown>): string | undefined {
  if (keyword === 'type') return `must be ${kindsOf(type)}${suchAs(examples)}`
  if (keyword === 'minimum') return `must be at least ${limit}`
  if (keyword === 'maximum') return `must be at most ${limit}`
  if (keyword === 'minItems' && limit === 1) return 'must not be empty'
  if (keyword === 'minItems') return `must have at least ${limit} entries`
  if (keyword === 'maxItems' || keyword === 'maxProperties') return `must have at most ${limit} entries`
  return undefined
}

function kindsOf(type: unknown): string {
  return [type]
    .flat()
    .map((each) => KINDS[String(each)] ?? String(each))
    .join(' or ')
}

function suchAs(examples: unknown): string {
  if (!Array.isArray(examples) || examples.length === 0) return ''
  return `, such as ${examples.map((example) => JSON.stringify(example)).join(' or ')}`
}
