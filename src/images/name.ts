import { invalidField } from '../errors.ts'
import { parseReference, type ImageReference } from '../lib/reference.ts'

/** The parts of a name that a request has in this field. */
export function requireName(field: string, reference: string): ImageReference {
  const parsed = parseReference(reference)
  if (!parsed) throw invalidField(field, `must be the name of an image, such as registry.example.com/team/app:1.0`)
  return parsed
}
