// Multipart forms: the file streams to its receiver, in any order of the parts.

import type { Readable } from 'node:stream'
import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError, invalidField } from '../errors.ts'

const FIELD_BYTES = 256 * 1024
const MAX_FIELDS = 200
// The file, and objects that are sent as files.
const MAX_FILES = 4
// All fields of one form together: they are held until its last part is there.
const FIELDS_BYTES = 1024 * 1024

/** `file` is the receiver's result. */
type Form<T> = { fields: Record<string, unknown>; file: T | undefined; filename: string | undefined }

export async function acceptForms(app: FastifyInstance): Promise<void> {
  await app.register(multipart, {
    throwFileSizeLimit: false,
    // The receiver of the file limits its size.
    limits: { fileSize: Infinity, files: MAX_FILES, fields: MAX_FIELDS, fieldSize: FIELD_BYTES, headerPairs: 100 }
  })
}

/** A field given several times is a list. */
export async function readForm<T>(
  request: FastifyRequest,
  receive: (content: Readable) => Promise<T>,
  fileFields: string[],
  /** Fields that hold JSON: `curl -F run=@run.json` sends one as a file. */
  jsonFields: string[] = []
): Promise<Form<T>> {
  if (!request.isMultipart())
    throw new AppError(
      'UNSUPPORTED_MEDIA_TYPE',
      'Send the file in a form: Content-Type multipart/form-data (curl -F file=@Dockerfile).'
    )
  const form: Form<T> = { fields: {}, file: undefined, filename: undefined }
  let fieldBytes = 0
  try {
    for await (const part of request.parts()) {
      if (part.type === 'file') {
        if (jsonFields.includes(part.fieldname)) {
          add(form.fields, part.fieldname, await readText(part.fieldname, part.file))
          continue
        }
        if (!fileFields.includes(part.fieldname)) {
          part.file.resume()
          throw invalidField(part.fieldname, `is not a file field of this form; send the file as "${fileFields[0]}"`)
        }
        if (form.file) throw invalidField(part.fieldname, 'may be given once')
        form.file = await receive(part.file)
        form.filename = part.filename
      } else {
        if (part.valueTruncated) throw invalidField(part.fieldname, `is longer than ${FIELD_BYTES} bytes`)
        // A part with a JSON content type is already parsed.
        const value = typeof part.value === 'string' ? part.value : JSON.stringify(part.value)
        fieldBytes += Buffer.byteLength(value)
        if (fieldBytes > FIELDS_BYTES)
          throw new AppError('BODY_TOO_LARGE', `The fields of the form are larger than ${FIELDS_BYTES} bytes in all.`)
        add(form.fields, part.fieldname, value)
      }
    }
  } catch (error) {
    throw explained(error)
  }
  return form
}

async function readText(name: string, content: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of content as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > FIELD_BYTES) throw invalidField(name, `is longer than ${FIELD_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function add(fields: Record<string, unknown>, name: string, value: string): void {
  const known = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (known === undefined) fields[name] = value
  else fields[name] = [...(Array.isArray(known) ? (known as string[]) : [known]), value]
}

/** The form parser raises codes of the framework. */
function explained(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error
  const code = (error as { code?: string }).code ?? ''
  if (code === 'FST_FILES_LIMIT') return invalidField('file', 'may be given once')
  if (/^FST_(PARTS|FIELDS)_LIMIT$/.test(code))
    return new AppError('INVALID_REQUEST', `The form has more than ${MAX_FIELDS} fields.`)
  if (
    /^FST_|Unexpected end of form|Malformed|Multipart|terminated early|premature close/i.test(
      `${code} ${error.message}`
    )
  )
    return new AppError('INVALID_REQUEST', `The form cannot be read: ${error.message}`, { cause: error })
  return error
}
