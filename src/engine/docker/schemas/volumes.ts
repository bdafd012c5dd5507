// The fields that Berth reads about volumes.

import { Type, type Static } from '@sinclair/typebox'
import { UnreadableAnswer } from '../failures.ts'
import { checkLabelled, createReader, Labels, maybe } from './schema.ts'

const Text = maybe(Type.String())
const Volume = Type.Object({
  Name: Type.String({ minLength: 1 }),
  Driver: Text,
  CreatedAt: Text,
  Mountpoint: Text,
  Options: maybe(Type.Record(Type.String(), Type.String())),
  Labels
})
export type RawVolume = Static<typeof Volume>

const List = Type.Object({ Volumes: Type.Union([Type.Array(Volume), Type.Null()]) })

/** An answer without a list of volumes does not mean that there are none. */
export const readVolumes = createReader(List)

export function readVolumesLabelled(filter: string): (json: unknown) => Static<typeof List> {
  return (json) => {
    const list = readVolumes(json)
    checkLabelled(list.Volumes ?? [], filter)
    return list
  }
}

const readMade = createReader(Volume)

export function readVolume(asked: string): (json: unknown) => void {
  return (json) => {
    const { Name: name } = readMade(json)
    if (name !== asked) throw new UnreadableAnswer(`it is about the volume ${name}`)
  }
}
