// What Berth reads of volumes.

import { Type } from '@sinclair/typebox'
import { UnreadableAnswer } from '../failures.ts'
import { createReader } from './schema.ts'

const Volume = Type.Object({ Name: Type.String({ minLength: 1 }) })

/** An answer that says nothing of volumes is not one that says there are none. */
export const readVolumes = createReader(Type.Object({ Volumes: Type.Union([Type.Array(Volume), Type.Null()]) }))

const readMade = createReader(Volume)

export function readVolume(asked: string): (json: unknown) => void {
  return (json) => {
    const { Name: name } = readMade(json)
    if (name !== asked) throw new UnreadableAnswer(`it is about the volume ${name}`)
  }
}
