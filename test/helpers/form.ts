// The body of a multipart form, written out as clients send it.

export type Part = { name: string; value: string | Buffer; filename?: string; type?: string }

const BOUNDARY = '----berth-test-boundary'
export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`

export function formOf(...parts: Part[]): Buffer {
  const written = parts.flatMap(({ name, value, filename, type }) => {
    const file = filename === undefined ? '' : `; filename="${filename}"`
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n`
    const sent = type ?? (filename === undefined ? undefined : 'application/octet-stream')
    const kind = sent === undefined ? '' : `Content-Type: ${sent}\r\n`
    return [Buffer.from(`${head}${kind}\r\n`), Buffer.from(value), Buffer.from('\r\n')]
  })
  return Buffer.concat([...written, Buffer.from(`--${BOUNDARY}--\r\n`)])
}

/** A file, and fields of one or several values. */
export function buildForm(file: string | Buffer, fields: Record<string, string | string[]> = {}): Buffer {
  const values = Object.entries(fields).flatMap(([name, given]) => [given].flat().map((value) => ({ name, value })))
  return formOf(...values, { name: 'file', value: file, filename: 'Dockerfile' })
}
