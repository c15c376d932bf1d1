// The port to where a store keeps the content of its blobs, if that is not in the store itself: a folder, or an object
// storage. It knows names and bytes; which blob stands where, the store knows.

/** Content by name. A name, once put, always has the same content. */
export interface BlobStorage {
  /** As `--blobs` has it, without secrets. */
  readonly name: string
  /** Whole and on the disk, or not at all; again is no error. */
  put(name: string, content: Uint8Array): Promise<void>
  /** Undefined if there is none of that name. */
  get(name: string): Promise<Uint8Array | undefined>
  /** One that is not there is no error. */
  remove(name: string): Promise<void>
}
