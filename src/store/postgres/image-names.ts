import type { ImageNameRow, ImageNameStore } from '../contract/image-names.ts'
import type { Database } from './database.ts'

const SELECT = 'SELECT name, owner, team, claimed_at AS "claimedAt" FROM image_names'

export function createImageNameTable({ sql }: Pick<Database, 'sql'>): ImageNameStore {
  return {
    find: async (names) => (await sql<ImageNameRow>(`${SELECT} WHERE name = ANY ($1)`, [names])).rows,
    async claim(row) {
      await sql(
        `INSERT INTO image_names (name, owner, team, claimed_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name) DO UPDATE SET claimed_at = excluded.claimed_at WHERE image_names.owner = excluded.owner`,
        [row.name, row.owner, row.team, row.claimedAt]
      )
      return (await sql<ImageNameRow>(`${SELECT} WHERE name = $1`, [row.name])).first ?? row
    },
    async remove(name) {
      await sql('DELETE FROM image_names WHERE name = $1', [name])
    }
  }
}
