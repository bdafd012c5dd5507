// Rules for removing images. A name can be removed while another is left; the image itself only if nothing uses it.

import { AppError } from '../errors.ts'
import { parseReference, familiarName } from '../lib/reference.ts'
import { viewUsers, type Users } from './view.ts'

/** `others` is the number of containers that use it, and `hidden` that of its names, which the caller does not see. */
type Target = { reference: string; tags: string[]; hidden: number; users: Users; others: number; force: boolean }

/** The references to remove, one after the other. Throws if others use the image. */
export function removals({ reference, tags, hidden, users, others, force }: Target): string[] {
  const name = tags.find((tag) => tag === tagOf(reference))
  const takesLast = hidden === 0 && (name === undefined || tags.length === 1)
  if (users.length + others > 0 && (takesLast || !force)) throw inUse(reference, users, others, takesLast)
  if (name !== undefined) return [name]
  if (hidden > 0 && tags.length === 1) return tags
  if (tags.length <= 1) return [reference]
  if (force) return tags
  throw new AppError(
    'IMAGE_IN_USE',
    `The image ${reference} has several names (${tags.join(', ')}). Remove one by its name, or all with force=true.`,
    {
      facts: { tags }
    }
  )
}

function inUse(reference: string, users: Users, others: number, takesLast: boolean): AppError {
  const names = [...users.map(({ name }) => name), ...(others > 0 ? ['containers of others'] : [])].join(', ')
  const advice = takesLast ? 'Remove the containers first.' : 'force=true takes this name off and leaves the others.'
  return new AppError('IMAGE_IN_USE', `The image ${reference} is used by ${names}. ${advice}`, {
    facts: { containers: viewUsers(users) }
  })
}

/** As the engine lists it. */
export function tagOf(reference: string): string | undefined {
  const parsed = parseReference(reference)
  return parsed && parsed.digest === undefined ? `${familiarName(parsed)}:${parsed.tag ?? 'latest'}` : undefined
}
