import { Type, type Static } from '@sinclair/typebox'
import { DateTime, formed, nullable, ref, words } from '../lib/schema.ts'

export const FileParams = Type.Object({
  id: Type.String({
    maxLength: 128,
    description: 'Short id, full id, unique beginning of an id, or name.',
    examples: ['my-api-server']
  })
})

// Percent signs make three characters of each byte of a path.
const MAX_TEXT = 3 * 4096

const FilePath = Type.String({
  minLength: 1,
  maxLength: MAX_TEXT,
  description: 'Absolute path in the container. A byte that is no UTF-8 is sent percent-encoded.',
  examples: ['/etc']
})

const Mode = formed('^[0-7]{3,4}$', 'must be three or four octal digits, such as 644', { examples: ['644'] })
const Id = (whose: string) => Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1, description: whose })

/** What a new file or folder is to be like. */
const Attributes = {
  mode: Type.Optional({
    ...Mode,
    description: 'Permissions. Absent: those of the file that it replaces, else 644, of a folder 755.'
  }),
  uid: Type.Optional(Id('Owner. Absent: that of the file that it replaces, else of the folder that it is in.')),
  gid: Type.Optional(Id('Group, likewise.')),
  modified: Type.Optional(DateTime({ description: 'When it was last changed. Absent: now.' }))
}

export const ListQuery = Type.Object({
  path: FilePath,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1_000, description: 'Of a folder.' })),
  cursor: Type.Optional(
    Type.String({ maxLength: 400, description: 'Of a folder: from the `X-Next-Cursor` of the page before.' })
  )
})

const ChangedPath = { ...FilePath, examples: ['/tmp/hello.txt'] }

export const WriteQuery = Type.Object({
  path: ChangedPath,
  unpack: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'The body is a tar or tar.gz file, and the path the folder that it is unpacked in.'
    })
  ),
  ...Attributes
})

export const RemoveQuery = Type.Object({
  path: ChangedPath,
  recursive: Type.Optional(Type.Boolean({ default: false, description: 'A folder goes with all that is below it.' }))
})

export const MakeFolder = Type.Object(
  {
    path: { ...FilePath, description: 'Absolute path in the container; the folder that it is in exists.' },
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
  Type.String({ description: 'Its bytes in base64, where they are no UTF-8 and the text does not show them all.' })
)

export const FileEntry = Type.Object(
  {
    name: Type.String({ examples: ['hosts'] }),
    name_base64: Base64,
    kind: words(['file', 'folder', 'link', 'pipe', 'device', 'other'] as const),
    size: nullable(Type.Integer({ description: 'Bytes of a file. Null for everything else.', examples: [174] })),
    mode: Type.String({ description: 'Permissions in octal digits.', examples: ['0644'] }),
    uid: Type.Integer(),
    gid: Type.Integer(),
    modified: DateTime({ description: 'To the second.' }),
    target: nullable(Type.String({ description: 'Of a link: what stands in it.' })),
    target_base64: Base64
  },
  { $id: 'FileEntry', description: 'What is in a folder of a container.' }
)
export type FileEntry = Static<typeof FileEntry>

export const FolderListing = Type.Object(
  {
    path: Type.String({ description: 'Without links.', examples: ['/etc'] }),
    entries: Type.Array(ref(FileEntry), { description: 'By name.' }),
    complete: Type.Boolean({
      description:
        'False when the folder was too large to be read to its end: what follows the last entry is not known.'
    }),
    reason: nullable(Type.String({ description: 'Why it is not complete.' })),
    read_bytes: Type.Integer({ description: 'What the engine had to send for this page.' })
  },
  { $id: 'FolderListing', description: 'A folder of a container.' }
)
export type FolderListing = Static<typeof FolderListing>

export const WrittenFile = Type.Object(
  {
    path: Type.String({ description: 'Without links.', examples: ['/tmp/new'] }),
    kind: words(['file', 'folder'] as const),
    size: nullable(Type.Integer()),
    mode: Type.String({ examples: ['0644'] }),
    uid: Type.Integer(),
    gid: Type.Integer(),
    replaced: Type.Boolean({ description: 'Whether a file was there before.' })
  },
  { $id: 'WrittenFile', description: 'What was written.' }
)
export type WrittenFile = Static<typeof WrittenFile>

export const UnpackedArchive = Type.Object(
  { path: Type.String(), entries: Type.Integer({ examples: [12] }), bytes: Type.Integer({ examples: [4096] }) },
  { $id: 'UnpackedArchive', description: 'What was unpacked.' }
)
export type UnpackedArchive = Static<typeof UnpackedArchive>

export const RemovedFile = Type.Object(
  { path: Type.String(), removed: Type.Boolean(), message: Type.String({ examples: ['Removed'] }) },
  { $id: 'RemovedFile', description: 'What was removed.' }
)
export type RemovedFile = Static<typeof RemovedFile>

export const FILE_SCHEMAS = [MakeFolder, FileEntry, FolderListing, WrittenFile, UnpackedArchive, RemovedFile]
