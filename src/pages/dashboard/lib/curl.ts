// A call as a curl command. Pure.

type Call = { method: string; url: string; body?: unknown; withToken?: boolean }

export function curlOf({ method, url, body, withToken = false }: Call): string {
  const parts = [`curl${method === 'GET' ? '' : ` -X ${method}`} ${url}`]
  if (withToken) parts.push(`-H "Authorization: Bearer $BERTH_TOKEN"`)
  if (body !== undefined)
    parts.push(`-H 'Content-Type: application/json'`, `-d ${quoted(JSON.stringify(body, null, 2))}`)
  return parts.join(' \\\n  ')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
