import type { DatabaseSync } from 'node:sqlite'
import type { ImageNameRow, ImageNameStore } from '../contract/image-names.ts'

export function createImageNameTable(db: DatabaseSync): ImageNameStore {
  const select = db.prepare(
    'SELECT name, owner, team, claimed_at AS claimedAt FROM image_names WHERE name IN (SELECT value FROM json_each(?))'
  )
  const upsert = db.prepare(
    `INSERT INTO image_names (name, owner, team, claimed_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET claimed_at = excluded.claimed_at WHERE owner = excluded.owner`
  )
  const remove = db.prepare('DELETE FROM image_names WHERE name = ?')
  const find = (names: string[]) => select.all(JSON.stringify(names)) as ImageNameRow[]

  return {
    find: async (names) => find(names),
    async claim(row) {
      upsert.run(row.name, row.owner, row.team, row.claimedAt)
      return find([row.name])[0] ?? row
    },
    remove: async (name) => void remove.run(name)
  }
}
