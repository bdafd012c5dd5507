// The content security policy of the pages: only their own files.

// Swagger UI's own would upgrade its assets to https, which a plain http address other than localhost does not answer.
export const DOCS_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
/** For pages without a script. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
/** The same with a script of ours. */
export const READING_POLICY = `${PAGE_POLICY}; script-src 'self'`
/** The same for a page that calls this server, and no other. */
export const HOME_POLICY = `${PAGE_POLICY}; script-src 'self'; connect-src 'self'`
