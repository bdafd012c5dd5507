// The API's types and its table of calls, as generated from docs/openapi.json.

export * from '../pages/dashboard/gen/api.ts'
