import { Type, type Static } from '@sinclair/typebox'
import { DateTime, formed, nullable, ref, words } from '../lib/schema.ts'

export const FileParams = Type.Object({
  id: Type.String({
    maxLength: 128,
    description: 'Name, short id, full id, or a unique prefix of an id.',
    examples: ['my-api-server']
  })
})

// Percent signs make three characters of each byte of a path.
const MAX_TEXT = 3 * 4096

const FilePath = Type.String({
  minLength: 1,
  maxLength: MAX_TEXT,
  description: 'Absolute path in the container. Percent-encode bytes that are not valid UTF-8.',
  examples: ['/etc']
})

const Mode = formed('^[0-7]{3,4}$', 'must be three or four octal digits, such as 644', { examples: ['644'] })
const Id = (whose: string) => Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1, description: whose })

/** Attributes of a new file or folder. */
const Attributes = {
  mode: Type.Optional({
    ...Mode,
    description: 'Permissions. Default to those of the replaced file, else 644, or 755 for a folder.'
  }),
  uid: Type.Optional(Id('Owner. Defaults to that of the replaced file, else of the parent folder.')),
  gid: Type.Optional(Id('Group. Same default as the owner.')),
  modified: Type.Optional(DateTime({ description: 'Modification time. Defaults to now.' }))
}

export const ListQuery = Type.Object({
  path: FilePath,
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 1_000,
      description: 'Largest number of entries per page, for a folder.'
    })
  ),
  cursor: Type.Optional(
    Type.String({ maxLength: 400, description: '`X-Next-Cursor` of the previous page, for a folder.' })
  )
})

const ChangedPath = { ...FilePath, examples: ['/tmp/hello.txt'] }

export const WriteQuery = Type.Object({
  path: ChangedPath,
  unpack: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'The body is a tar or tar.gz file, unpacked into the folder at `path`.'
    })
  ),
  ...Attributes
})

export const RemoveQuery = Type.Object({
  path: ChangedPath,
  recursive: Type.Optional(Type.Boolean({ default: false, description: 'Remove a folder with everything in it.' }))
})

export const MakeFolder = Type.Object(
  {
    path: { ...FilePath, description: 'Absolute path in the container. The parent folder must exist.' },
    ...Attributes
  },
  {
    $id: 'MakeFolder',
    description: 'The folder to make.',
    additionalProperties: false,
    examples: [{ path: '/tmp/new' }]
  }
)
export type MakeFolder = Static<typeof MakeFolder>
export type Attributes = Omit<MakeFolder, 'path'>

const ARCHIVE_FORMATS = ['tar', 'tar.gz', 'zip'] as const
export type ArchiveFormat = (typeof ARCHIVE_FORMATS)[number]
export const ArchiveQuery = Type.Object({
  path: FilePath,
  format: Type.Optional(words(ARCHIVE_FORMATS, { default: 'tar' }))
})

const Base64 = Type.Optional(
  Type.String({ description: 'The same in base64, present if the bytes are not valid UTF-8.' })
)

export const FileEntry = Type.Object(
  {
    name: Type.String({ examples: ['hosts'] }),
    name_base64: Base64,
    kind: words(['file', 'folder', 'link', 'pipe', 'device', 'other'] as const),
    size: nullable(Type.Integer({ description: 'Size in bytes. Null unless it is a file.', examples: [174] })),
    mode: Type.String({ description: 'Permissions, in octal.', examples: ['0644'] }),
    uid: Type.Integer(),
    gid: Type.Integer(),
    modified: DateTime({ description: 'Modification time, to the second.' }),
    target: nullable(Type.String({ description: 'Target of a link, as written in it.' })),
    target_base64: Base64
  },
  { $id: 'FileEntry', description: 'An entry of a folder in a container.' }
)
export type FileEntry = Static<typeof FileEntry>

export const FolderListing = Type.Object(
  {
    path: Type.String({ description: 'Absolute path with links resolved.', examples: ['/etc'] }),
    entries: Type.Array(ref(FileEntry), { description: 'Sorted by name.' }),
    complete: Type.Boolean({
      description: 'False if the folder was too large to be read completely. Entries after the last one are unknown.'
    }),
    reason: nullable(Type.String({ description: 'Why the listing is incomplete.' })),
    read_bytes: Type.Integer({ description: 'Bytes that the engine sent for this page.' })
  },
  { $id: 'FolderListing', description: 'A folder in a container.' }
)
export type FolderListing = Static<typeof FolderListing>

export const WrittenFile = Type.Object(
  {
    path: Type.String({ description: 'Absolute path with links resolved.', examples: ['/tmp/new'] }),
    kind: words(['file', 'folder'] as const),
    size: nullable(Type.Integer()),
    mode: Type.String({ examples: ['0644'] }),
    uid: Type.Integer(),
    gid: Type.Integer(),
    replaced: Type.Boolean({ description: 'Whether a file was replaced.' })
  },
  { $id: 'WrittenFile', description: 'The file or folder that was written.' }
)
export type WrittenFile = Static<typeof WrittenFile>

export const UnpackedArchive = Type.Object(
  { path: Type.String(), entries: Type.Integer({ examples: [12] }), bytes: Type.Integer({ examples: [4096] }) },
  { $id: 'UnpackedArchive', description: 'The archive that was unpacked.' }
)
export type UnpackedArchive = Static<typeof UnpackedArchive>

export const RemovedFile = Type.Object(
  { path: Type.String(), removed: Type.Boolean(), message: Type.String({ examples: ['Removed'] }) },
  { $id: 'RemovedFile', description: 'The file or folder that was removed.' }
)
export type RemovedFile = Static<typeof RemovedFile>

export const FILE_SCHEMAS = [MakeFolder, FileEntry, FolderListing, WrittenFile, UnpackedArchive, RemovedFile]
