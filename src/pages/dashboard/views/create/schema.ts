// The descriptions of the create fields in the OpenAPI document. Loaded once, when the form opens.

import { send } from '../../api/client.ts'
import type { Fields } from './fault.ts'

let known: Promise<Fields> | undefined

export function fieldsOfCreate(): Promise<Fields> {
  known ??= (async () => {
    const document = (await (await send('/openapi.json')).json()) as {
      components: { schemas: { CreateContainer: { properties: Fields } } }
    }
    return document.components.schemas.CreateContainer.properties
  })()
  return known
}
