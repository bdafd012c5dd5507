// The fields that Berth reads about images.

import { Type, type Static } from '@sinclair/typebox'
import { Healthcheck } from './containers.ts'
import { createReader, Id, Labels, maybe, Texts } from './schema.ts'

const Text = maybe(Type.String())
const Count = maybe(Type.Number())
const Keys = maybe(Type.Record(Type.String(), Type.Unknown()))

const Config = Type.Object({
  Cmd: Texts,
  Entrypoint: maybe(Type.Union([Type.String(), Type.Array(Type.String())])),
  Env: Texts,
  ExposedPorts: Keys,
  Healthcheck: maybe(Healthcheck),
  Labels,
  OnBuild: Texts,
  User: Text,
  Volumes: Keys,
  WorkingDir: Text
})

const Image = Type.Object({
  Id,
  RepoTags: Texts,
  RepoDigests: Texts,
  Created: Text,
  Size: Count,
  Architecture: Text,
  Os: Text,
  Config: maybe(Config),
  RootFS: maybe(Type.Object({ Layers: Texts }))
})

const Row = Type.Object({ Id, RepoTags: Texts, RepoDigests: Texts, Created: Type.Number(), Size: Count, Labels })

export type RawImage = Static<typeof Image>
export type RawImageRow = Static<typeof Row>

export const readImage = createReader(Image)
export const readImageRows = createReader(Type.Array(Row))
export const readRemovedImages = createReader(Type.Array(Type.Object({ Untagged: Text, Deleted: Text })))
