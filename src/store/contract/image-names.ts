/** A name that a token gave to an image, in full: `docker.io/library/app:1`. Other names belong to nobody. */
export type ImageNameRow = { name: string; owner: string; team: string | null; claimedAt: number }

export type ImageNameStore = {
  /** The rows of these names. */
  find(names: string[]): Promise<ImageNameRow[]>
  /** Adds the row unless the name has an owner, and returns that of the owner. An owner renews its own. */
  claim(row: ImageNameRow): Promise<ImageNameRow>
  /** Removing a missing row succeeds. */
  remove(name: string): Promise<void>
}
