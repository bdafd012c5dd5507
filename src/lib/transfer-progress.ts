// The progress of a pull or push, the same in every API.

import { Type, type Static } from '@sinclair/typebox'
import { nullable } from './schema.ts'

export const TransferProgress = Type.Object(
  {
    layer: nullable(Type.String()),
    status: Type.String(),
    current_bytes: nullable(Type.Integer()),
    total_bytes: nullable(Type.Integer())
  },
  { $id: 'TransferProgress', description: 'Progress of a layer.' }
)

type Told = { layer: string | null; status: string; currentBytes: number | null; totalBytes: number | null }

export function viewProgress({ layer, status, currentBytes, totalBytes }: Told): Static<typeof TransferProgress> {
  return { layer, status, current_bytes: currentBytes, total_bytes: totalBytes }
}
